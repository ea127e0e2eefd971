import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { RoomState } from "../../state/room";
import { useDesk } from "../desk";
import { nameColor } from "../colors";

interface Original {
    readonly nick: string;
    readonly text: string;
    readonly deleted: boolean;
}

interface Props {
    /** The number of the message that was answered. */
    seq: number;
}

/** What a message answers, in one line that leads there. */
export function ReplyQuote({ seq }: Props) {
    const { app, actions } = useDesk();
    const room = app.room.value;
    const fetched = useSignal<Original | undefined>(undefined);
    const original = find(room, seq) ?? fetched.value;

    useEffect(() => {
        if (find(room, seq) || !app.hasFeature("history")) return;
        app.client.history(room.name, { around: seq, limit: 1 }).then(
            ({ events }) => {
                const message = events.find((event) => event.type === "message" && event.seq === seq);
                if (message?.type === "message") fetched.value = originalOf(message.from.nick, message);
            },
            () => {},
        );
    }, [seq]);

    return (
        <button
            type="button"
            class="mb-1 flex h-7 max-w-full min-w-0 items-center gap-1.5 rounded-lg border-l-4 border-accent-400 bg-ink-850 px-2 text-xs text-fog-300 hover:bg-ink-700 pointer-coarse:h-11"
            onClick={() => void actions.jumpTo(room.name, seq)}
            data-testid="reply-quote"
        >
            <span class="sr-only">Answers</span>
            {original ? (
                <>
                    <bdi class={`max-w-32 shrink-0 truncate font-semibold ${nameColor(original.nick)}`}>{original.nick}</bdi>
                    <span dir="auto" class="min-w-0 truncate">
                        {original.deleted ? "message deleted" : original.text}
                    </span>
                </>
            ) : (
                "an earlier message"
            )}
        </button>
    );
}

function find(room: RoomState, seq: number): Original | undefined {
    const epoch = room.epoch.value;
    for (const entry of room.timeline.value)
        if (entry.kind === "message" && entry.status === "sent" && entry.seq === seq && entry.epoch === epoch)
            return originalOf(entry.from.nick, entry);
    return undefined;
}

function originalOf(nick: string, { text, deleted }: { text: string; deleted?: true }): Original {
    return { nick, text: oneLine(text), deleted: deleted === true };
}

const LONGEST = 200;

/** Without what would turn the line around, or break it. */
export function oneLine(text: string): string {
    return text.slice(0, LONGEST).replace(/[\u202a-\u202e\u2066-\u2069]/g, "").replace(/\s+/g, " ");
}
