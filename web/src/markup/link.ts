const SCHEMES = ["http:", "https:", "mailto:"];
const TRAILING = new Set(".,:;!?'\"*_~");

/** The part of `candidate` that is an address which may be followed, if there is one. */
export function safeLink(candidate: string): { href: string; text: string } | undefined {
    const text = withoutTrailing(candidate);
    try {
        const url = new URL(text);
        const isEmpty = url.protocol === "mailto:" ? url.pathname === "" : url.hostname === "";
        return SCHEMES.includes(url.protocol) && !isEmpty ? { href: url.href, text } : undefined;
    } catch {
        return undefined;
    }
}

/** A sentence's own marks, and a bracket that was opened before the address, do not belong to it. */
function withoutTrailing(text: string): string {
    let open = 0;
    for (const char of text) open += char === "(" ? 1 : char === ")" ? -1 : 0;
    let end = text.length;
    for (; end > 0; end--) {
        const last = text[end - 1]!;
        if (last === ")" && open < 0) open++;
        else if (!TRAILING.has(last)) break;
    }
    return text.slice(0, end);
}
