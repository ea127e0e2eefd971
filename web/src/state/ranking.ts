import { foldNick } from "../markup/mentions";

/**
 * How well `query` fits `name`, less is better: at its begin, at the begin of a word, inside it, or at least its
 * letters in order.
 */
export function fit(name: string, query: string): number | undefined {
    const text = foldNick(name);
    const wanted = foldNick(query.trim());
    const at = text.indexOf(wanted);
    if (at === 0) return 0;
    if (at > 0) return /[\p{L}\p{N}]/u.test(text[at - 1]!) ? 2 : 1;
    return hasInOrder(text, wanted) ? 3 : undefined;
}

function hasInOrder(text: string, letters: string): boolean {
    let at = 0;
    for (const letter of letters) {
        at = text.indexOf(letter, at) + 1;
        if (at === 0) return false;
    }
    return true;
}

/** Those that fit, the best first, otherwise in the order given. */
export function rankBy<T>(items: readonly T[], query: string, nameOf: (item: T) => string): T[] {
    return items
        .map((item) => ({ item, rank: fit(nameOf(item), query) }))
        .filter((ranked): ranked is { item: T; rank: number } => ranked.rank !== undefined)
        .sort((a, b) => a.rank - b.rank)
        .map(({ item }) => item);
}
