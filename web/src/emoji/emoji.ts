export interface Emoji {
    readonly char: string;
    readonly label: string;
    /** Names for between colons; the first is the best known. */
    readonly codes: readonly string[];
    readonly tags: readonly string[];
}

export interface EmojiGroup {
    readonly name: string;
    readonly emojis: readonly Emoji[];
}

export type EmojiRows = readonly [name: string, rows: readonly (readonly [string, string, string, string])[]];

export function decodeTable(table: readonly EmojiRows[]): EmojiGroup[] {
    return table.map(([name, rows]) => ({
        name,
        emojis: rows.map(([char, label, codes, tags]) => ({ char, label, codes: words(codes), tags: words(tags) })),
    }));
}

function words(text: string): string[] {
    return text === "" ? [] : text.split(" ");
}

/** Those that `query` may mean, the likeliest first. */
export function searchEmoji(groups: readonly EmojiGroup[], query: string, most: number): Emoji[] {
    const wanted = query.toLowerCase().trim();
    if (wanted === "") return [];
    const ranked: Emoji[][] = [[], [], [], []];
    for (const { emojis } of groups) for (const emoji of emojis) ranked[rank(emoji, wanted)]?.push(emoji);
    return ranked.flat().slice(0, most);
}

const NO_RANK = 4;

function rank({ codes, label, tags }: Emoji, wanted: string): number {
    if (codes.includes(wanted)) return 0;
    if (codes.some((code) => code.startsWith(wanted))) return 1;
    if (label.split(" ").some((word) => word.startsWith(wanted)) || label.startsWith(wanted)) return 2;
    const others = [...tags, ...codes.flatMap((code) => code.split("_"))];
    return others.some((word) => word.startsWith(wanted)) ? 3 : NO_RANK;
}

export type Shortcodes = ReadonlyMap<string, string>;

export function shortcodesOf(groups: readonly EmojiGroup[]): Shortcodes {
    const all = groups.flatMap(({ emojis }) => emojis);
    return new Map(all.flatMap(({ char, codes }) => codes.map((code) => [code, char] as const)));
}

const CODE_OR_SHORTCODE = /`+[^`]*`+|(?<![\p{L}\p{N}:]):(?<name>[a-z0-9_+-]{1,64}):(?![\p{L}\p{N}])/gu;

/** `text` with emoji for their names between colons. Code stays as it is, and so does 12:30:45. */
export function replaceShortcodes(text: string, shortcodes: Shortcodes): string {
    return text.replace(CODE_OR_SHORTCODE, (whole, name: string | undefined) => shortcodes.get(name ?? "") ?? whole);
}

export function hasShortcode(text: string): boolean {
    return [...text.matchAll(CODE_OR_SHORTCODE)].some(({ groups }) => groups!["name"] !== undefined);
}
