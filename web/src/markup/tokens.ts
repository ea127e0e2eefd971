import { safeLink } from "./link";
import type { Inline } from "./tree";

export type EmphasisKind = "bold" | "italic" | "strike";

/** A run of marks that may begin or end an emphasis, or be just what it looks like. */
export interface Mark {
    readonly type: "mark";
    readonly text: string;
    readonly opens: boolean;
    readonly closes: boolean;
}

export type Token = Mark | Exclude<Inline, { type: EmphasisKind }>;

const BIDI = "\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069";
/** Every alternative reads each character once: no text makes this slow. */
const SPECIAL = new RegExp(
    [
        "(?<code>`+)",
        "(?<mark>\\*+|_+|~+)",
        `(?<link>(?:https?://|mailto:)[^\\s<>"\`${BIDI}]+)`,
        "@(?<nick>[\\p{L}\\p{N}\\p{M}_](?:[\\p{L}\\p{N}\\p{M}_-]|\\.(?=[\\p{L}\\p{N}_]))*)",
        "(?<override>[\\u202d\\u202e])",
    ].join("|"),
    "giu",
);
const MARKS: Readonly<Record<string, true>> = { "*": true, "**": true, "***": true, _: true, __: true, "~~": true };
const WORD = /[\p{L}\p{N}\p{M}]/u;
const SPACE = /\s/u;

/** Cuts a text into what may be markup and what is not, in one pass. */
export function tokenize(text: string): Token[] {
    const tokens: Token[] = [];
    const closers = closersOf(text);
    let from = 0;
    const put = (token: Token, start: number, end: number) => {
        if (start > from) tokens.push({ type: "text", text: text.slice(from, start) });
        tokens.push(token);
        from = end;
    };
    SPECIAL.lastIndex = 0;
    for (let match = SPECIAL.exec(text); match; match = SPECIAL.exec(text)) {
        const { index } = match;
        const [whole] = match;
        const { code, mark, link, nick, override } = match.groups!;
        let end = index + whole.length;
        if (code !== undefined) {
            const closer = closers.get(index);
            if (closer === undefined) continue;
            end = closer + code.length;
            put({ type: "code", text: inside(text.slice(index + code.length, closer)) }, index, end);
        } else if (mark !== undefined) {
            if (MARKS[mark]) put(markAt(text, index, mark), index, end);
        } else if (link !== undefined) {
            const safe = isWordBefore(text, index) ? undefined : safeLink(link);
            if (!safe) continue;
            end = index + safe.text.length;
            put({ type: "link", ...safe }, index, end);
        } else if (nick !== undefined) {
            if (!isWordBefore(text, index)) put({ type: "mention", nick, text: whole }, index, end);
        } else if (override !== undefined) {
            put({ type: "override", text: override }, index, end);
        }
        SPECIAL.lastIndex = end;
    }
    if (from < text.length) tokens.push({ type: "text", text: text.slice(from) });
    return tokens;
}

/** For each run of backticks where the next one of the same length stands. */
function closersOf(text: string): Map<number, number> {
    const runs = [...text.matchAll(/`+/g)];
    const next = new Map<number, number>();
    const closers = new Map<number, number>();
    for (let i = runs.length - 1; i >= 0; i--) {
        const { index, 0: run } = runs[i]!;
        const closer = next.get(run.length);
        if (closer !== undefined) closers.set(index, closer);
        next.set(run.length, index);
    }
    return closers;
}

/** One space on both sides is there to tell backticks apart. */
function inside(code: string): string {
    return code.startsWith(" ") && code.endsWith(" ") && code.trim() !== "" ? code.slice(1, -1) : code;
}

function markAt(text: string, index: number, mark: string): Mark {
    const before = charBefore(text, index);
    const after = charAt(text, index + mark.length);
    // 2*3*4 and snake_case are no markup; doubled marks may stand inside a word, which not all scripts end with a space.
    const isTight = mark === "*" || mark.startsWith("_");
    return {
        type: "mark",
        text: mark,
        opens: after !== "" && !SPACE.test(after) && !(isTight && WORD.test(before)),
        closes: before !== "" && !SPACE.test(before) && !(isTight && WORD.test(after)),
    };
}

function isWordBefore(text: string, index: number): boolean {
    return WORD.test(charBefore(text, index));
}

function charBefore(text: string, index: number): string {
    const low = text.charCodeAt(index - 1);
    const isPair = low >= 0xdc00 && low <= 0xdfff;
    return text.slice(Math.max(0, index - (isPair ? 2 : 1)), index);
}

function charAt(text: string, index: number): string {
    const code = text.codePointAt(index);
    return code === undefined ? "" : String.fromCodePoint(code);
}
