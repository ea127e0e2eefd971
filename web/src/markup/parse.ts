import { parseInline } from "./inline";
import type { Block } from "./tree";

const DEEPEST_QUOTE = 3;
const FENCE = "```";
const QUOTE = /^> ?/;

/** Light markup, read in a time that grows with the length of the text and no faster. */
export function parse(text: string, depth = 0): Block[] {
    const lines = text.split("\n");
    const lastFenceEnd = lines.map(endsCode).lastIndexOf(true);
    const blocks: Block[] = [];
    let plain: string[] = [];
    const endPlain = () => {
        // The line break beside a block is the block's own.
        if (plain.some((line) => line !== "")) blocks.push({ type: "text", children: parseInline(plain.join("\n")) });
        plain = [];
    };
    for (let i = 0; i < lines.length; ) {
        const line = lines[i]!;
        if (beginsCode(line) && i < lastFenceEnd) {
            endPlain();
            const end = codeEnd(lines, i + 1);
            blocks.push({ type: "code", text: codeOf(lines.slice(i + 1, end + 1)) });
            i = end + 1;
        } else if (isQuote(line) && depth < DEEPEST_QUOTE) {
            endPlain();
            let end = i;
            while (end < lines.length && isQuote(lines[end]!)) end++;
            const quoted = lines.slice(i, end).map((quote) => quote.replace(QUOTE, ""));
            blocks.push({ type: "quote", children: parse(quoted.join("\n"), depth + 1) });
            i = end;
        } else {
            plain.push(line);
            i++;
        }
    }
    endPlain();
    return blocks;
}

/** A mark of a quote has a space behind it: >:( is a face. */
function isQuote(line: string): boolean {
    return line.startsWith("> ") || line === ">";
}

function beginsCode(line: string): boolean {
    return line.startsWith(FENCE) && !line.slice(FENCE.length).includes("`");
}

function endsCode(line: string): boolean {
    return line.trimEnd().endsWith(FENCE);
}

function codeEnd(lines: readonly string[], from: number): number {
    let end = from;
    while (!endsCode(lines[end]!)) end++;
    return end;
}

/** Without the fence that ends it. */
function codeOf(lines: readonly string[]): string {
    const text = lines.join("\n").trimEnd().slice(0, -FENCE.length);
    return text.endsWith("\n") ? text.slice(0, -1) : text;
}
