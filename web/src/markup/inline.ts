import type { EmphasisKind, Mark } from "./tokens";
import { tokenize } from "./tokens";
import type { Inline } from "./tree";

const DEEPEST = 8;

const KINDS: Readonly<Record<string, readonly EmphasisKind[]>> = {
    "*": ["italic"],
    _: ["italic"],
    "**": ["bold"],
    __: ["bold"],
    "***": ["bold", "italic"],
    "~~": ["strike"],
};

/** An emphasis that was begun. When nothing ends it, the mark was just what it looks like. */
interface Open {
    readonly kind: EmphasisKind;
    readonly mark: string;
    readonly children: Inline[];
}

export function parseInline(text: string): Inline[] {
    const root: Inline[] = [];
    const opened: Open[] = [];
    const top = () => opened.at(-1)?.children ?? root;
    for (const token of tokenize(text)) {
        if (token.type === "mark") takeMark(token, opened, top);
        else append(top(), token);
    }
    while (opened.length > 0) giveUp(opened, top);
    return root;
}

function takeMark(mark: Mark, opened: Open[], top: () => Inline[]): void {
    const char = mark.text[0]!;
    const kinds = KINDS[mark.text]!;
    const marks = kinds.map((kind) => (kind === "italic" ? char : char + char));
    if (mark.closes && marks.every((one) => opened.some((open) => open.mark === one))) {
        // Whichever of two was begun last ends first.
        const begun = opened.map((open) => open.mark);
        const places = marks.map((one) => begun.lastIndexOf(one));
        for (const place of places.sort((a, b) => b - a)) close(place, opened, top);
    } else if (mark.opens && opened.length + kinds.length <= DEEPEST) {
        kinds.forEach((kind, i) => opened.push({ kind, mark: marks[i]!, children: [] }));
    } else {
        append(top(), { type: "text", text: mark.text });
    }
}

function close(place: number, opened: Open[], top: () => Inline[]): void {
    while (opened.length > place + 1) giveUp(opened, top);
    const { kind, children } = opened.pop()!;
    top().push({ type: kind, children });
}

function giveUp(opened: Open[], top: () => Inline[]): void {
    const { mark, children } = opened.pop()!;
    append(top(), { type: "text", text: mark });
    for (const child of children) append(top(), child);
}

/** Texts side by side become one. */
function append(children: Inline[], child: Inline): void {
    const last = children.at(-1);
    if (child.type === "text" && last?.type === "text")
        children[children.length - 1] = { type: "text", text: last.text + child.text };
    else children.push(child);
}
