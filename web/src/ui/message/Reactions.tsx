import type { ReactionCount } from "../../client/room_events";
import type { SentEntry } from "../../state/timeline";
import { useDesk } from "../desk";

/** What a message got, as buttons that add one's own to it or take it back. */
export function Reactions({ entry }: { entry: SentEntry }) {
    const { actions } = useDesk();
    const { reactions = [], own } = entry;
    if (reactions.length === 0) return null;
    return (
        <div class={`mt-1 flex flex-wrap gap-1 ${own ? "justify-end" : ""}`} role="group" aria-label="Reactions">
            {reactions.map((reaction) => (
                <button
                    key={reaction.key}
                    type="button"
                    class="flex h-8 items-center gap-1.5 rounded-full border border-ink-600 bg-ink-800 px-2.5 text-sm text-fog-100 hover:border-ink-500 aria-pressed:border-accent-400 aria-pressed:bg-accent-700/40 pointer-coarse:h-11"
                    aria-pressed={reaction.me}
                    aria-label={`${reaction.key} ${reaction.count}, ${whoText(reaction)}`}
                    title={whoText(reaction)}
                    disabled={!actions.canReact}
                    onClick={() => actions.toggleReaction(entry, reaction.key)}
                    data-testid="reaction"
                    data-key={reaction.key}
                >
                    <span class="max-w-24 truncate">{reaction.key}</span>
                    <span class={`text-xs tabular-nums ${reaction.me ? "font-bold" : ""}`}>{reaction.count}</span>
                </button>
            ))}
        </div>
    );
}

const MOST_NAMES = 8;

/** The server tells how many there are; names only of those who reacted while this page was there. */
export function whoText({ count, me, by = [] }: ReactionCount): string {
    const names = [...(me ? ["you"] : []), ...by.map(({ nick }) => nick)].slice(0, MOST_NAMES);
    const others = count - names.length;
    if (names.length === 0) return count === 1 ? "1 person" : `${count} people`;
    if (others > 0) return `${names.join(", ")} and ${others === 1 ? "1 other" : `${others} others`}`;
    return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
