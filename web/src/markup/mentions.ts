const NAME_CHAR = /[\p{L}\p{N}\p{M}_]/u;

/** As the server compares names: `ALICE` is `alice`. */
export function foldNick(nick: string): string {
    return nick.normalize("NFKC").toLowerCase();
}

/** Whether `text` calls `nick`: as @nick anywhere, or by beginning with "nick:" or "nick,". */
export function mentions(text: string, nick: string): boolean {
    const folded = foldNick(text);
    const name = foldNick(nick);
    if (name === "") return false;
    if (folded.startsWith(`${name}:`) || folded.startsWith(`${name},`)) return true;
    const call = `@${name}`;
    for (let at = folded.indexOf(call); at >= 0; at = folded.indexOf(call, at + call.length))
        if (!NAME_CHAR.test(charBefore(folded, at)) && isEnd(folded, at + call.length)) return true;
    return false;
}

/** @ann is not called by @anna, nor by @ann-marie; but by "@ann." and "@ann - hello". */
function isEnd(text: string, at: number): boolean {
    const [first = "", second = ""] = [...text.slice(at, at + 3)];
    return !NAME_CHAR.test(first) && !((first === "-" || first === ".") && NAME_CHAR.test(second));
}

function charBefore(text: string, index: number): string {
    return [...text.slice(Math.max(0, index - 2), index)].at(-1) ?? "";
}
