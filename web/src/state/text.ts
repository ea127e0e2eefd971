const encoder = new TextEncoder();

export function byteLength(text: string): number {
    return encoder.encode(text).length;
}

/** One or two characters that stand for a name; by code point, so that an emoji is not cut in half. */
export function initials(nick: string): string {
    const words = nick.split(/[\s._-]+/u).filter((word) => word !== "");
    const [first = "?", second] = words;
    return (head(first) + (second === undefined ? "" : head(second))).toUpperCase();
}

function head(word: string): string {
    return [...word][0] ?? "";
}

/** The same number for the same name on every page, below `size`. */
export function hashOf(name: string, size: number): number {
    let hash = 0;
    for (let i = 0; i < name.length; i++) hash = (hash * 31 + name.charCodeAt(i)) >>> 0;
    return hash % size;
}
