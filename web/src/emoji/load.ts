import { signal } from "@preact/signals";
import type { EmojiGroup, Shortcodes } from "./emoji";
import { decodeTable, shortcodesOf } from "./emoji";

interface Loaded {
    readonly groups: readonly EmojiGroup[];
    readonly shortcodes: Shortcodes;
}

/** Undefined until somebody needed emoji, and they came. */
export const loadedEmoji = signal<Loaded | undefined>(undefined);

let loading = false;

/** A failed try, as without a connection, is made again by whoever needs them next. */
export function loadEmoji(): void {
    if (loading || loadedEmoji.peek()) return;
    loading = true;
    import("emoji-table")
        .then(({ default: table }) => {
            const groups = decodeTable(table);
            loadedEmoji.value = { groups, shortcodes: shortcodesOf(groups) };
        })
        .catch(() => {})
        .finally(() => (loading = false));
}
