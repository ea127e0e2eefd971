import { useEffect, useRef, useState } from "preact/hooks";
import type { Emoji } from "../../emoji/emoji";
import { searchEmoji } from "../../emoji/emoji";
import { loadedEmoji, loadEmoji } from "../../emoji/load";
import { readRecentEmoji, storeRecentEmoji } from "../../emoji/recent";
import { closeOverlay } from "../overlay";
import { Dialog } from "./Dialog";
import { moveInGrid } from "./grid";

const MOST_FOUND = 120;

interface Props {
    label: string;
    onPick(char: string): void;
}

export function EmojiPicker({ label, onPick }: Props) {
    const [query, setQuery] = useState("");
    const grid = useRef<HTMLDivElement>(null);
    const loaded = loadedEmoji.value;
    useEffect(loadEmoji, []);

    function pick(char: string): void {
        storeRecentEmoji(char);
        closeOverlay();
        onPick(char);
    }

    const all = loaded?.groups ?? [];
    const known = new Map(all.flatMap(({ emojis }) => emojis.map((emoji) => [emoji.char, emoji])));
    const recent = readRecentEmoji().map((char) => known.get(char)).filter((emoji) => emoji !== undefined);
    const found = searchEmoji(all, query, MOST_FOUND);
    const groups = query.trim() === "" ? [{ name: "recently used", emojis: recent }, ...all] : [{ name: "found", emojis: found }];

    function onSearchKey(event: KeyboardEvent): void {
        if (event.isComposing) return;
        if (event.key === "ArrowDown") {
            event.preventDefault();
            grid.current?.querySelector("button")?.focus();
        } else if (event.key === "Enter") {
            event.preventDefault();
            // Not the state, which may be one frame behind the field.
            const [first] = searchEmoji(all, (event.currentTarget as HTMLInputElement).value, 1);
            if (first) pick(first.char);
        }
    }

    return (
        <Dialog title={label} testId="emoji-picker" class="h-[28rem] sm:w-96">
            <div class="px-4 pt-1 pb-2">
                <input
                    type="search"
                    class="h-11 w-full rounded-xl border border-ink-600 bg-ink-800 px-3 text-fog-50 placeholder:text-fog-400"
                    placeholder="Search emoji"
                    aria-label="Search emoji"
                    value={query}
                    onInput={(event) => setQuery(event.currentTarget.value)}
                    onKeyDown={onSearchKey}
                    autofocus
                    data-testid="emoji-search"
                />
            </div>
            <div
                ref={grid}
                class="min-h-0 flex-1 overflow-y-auto px-3 pb-3"
                onKeyDown={(event) => moveInGrid(event, grid.current!)}
            >
                {!loaded && <p class="p-4 text-sm text-fog-300">Loading emoji…</p>}
                {loaded && query.trim() !== "" && found.length === 0 && (
                    <p class="p-4 text-sm text-fog-300">No emoji is called so.</p>
                )}
                {groups.map(({ name, emojis }) => (
                    <Group key={name} name={name} emojis={emojis} onPick={pick} />
                ))}
            </div>
            <p class="sr-only" role="status">
                {query.trim() === "" ? "" : `${found.length} emoji found`}
            </p>
        </Dialog>
    );
}

function Group({ name, emojis, onPick }: { name: string; emojis: readonly Emoji[]; onPick(char: string): void }) {
    if (emojis.length === 0) return null;
    return (
        <section aria-label={name}>
            <h3 class="px-1.5 pt-3 pb-1 text-xs font-semibold text-fog-300 first-letter:uppercase">{name}</h3>
            <div class="grid grid-cols-[repeat(auto-fill,minmax(2.75rem,1fr))]">
                {emojis.map(({ char, label, codes }) => (
                    <button
                        key={char}
                        type="button"
                        class="grid aspect-square place-items-center rounded-lg text-2xl hover:bg-ink-700 focus-visible:bg-ink-700"
                        tabIndex={-1}
                        aria-label={label}
                        title={codes[0] === undefined ? label : `:${codes[0]}:`}
                        onClick={() => onPick(char)}
                        data-testid="emoji"
                    >
                        {char}
                    </button>
                ))}
            </div>
        </section>
    );
}
