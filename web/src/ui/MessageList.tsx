import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { RoomState } from "../state/room";
import { firstNewAt, rowAt } from "../state/rows";
import { EmptyRoom } from "./EmptyRoom";
import { JumpButton } from "./JumpButton";
import type { Parts } from "./Later";
import { Later } from "./Later";
import { MessageRow } from "./MessageRow";
import { OlderMessages } from "./OlderMessages";
import { useApp } from "./context";
import { useListWindow } from "./useListWindow";

const listTools = (parts: Parts) => parts.ListTools;

/** Of one room: for another one it is mounted anew. */
export function MessageList({ room }: { room: RoomState }) {
    const app = useApp();
    const scroller = useRef<HTMLDivElement>(null);
    const list = useRef<HTMLDivElement>(null);
    const timeline = room.timeline.value;
    const epoch = room.epoch.value;
    const newAfter = room.newAfter.value;
    const keys = useMemo(() => timeline.map(({ key }) => key), [timeline]);
    const firstNew = useMemo(() => firstNewAt(timeline, epoch, newAfter), [timeline, epoch, newAfter]);
    const { span, padding, isAtBottom, scrollToBottom, scrollToRow } = useListWindow(scroller, list, keys);
    const unread = room.unread.value.messages;

    // Whoever comes to a room begins where he stopped reading.
    const isPlaced = useRef(false);
    useLayoutEffect(() => {
        if (isPlaced.current || timeline.length === 0) return;
        isPlaced.current = true;
        if (firstNew >= 0 && unread > 0) scrollToRow(keys[firstNew]!);
    });
    useEffect(() => {
        room.isAtBottom.value = isAtBottom;
    }, [isAtBottom, timeline.length === 0]);

    // Whoever sends wants to see it arrive.
    const sent = room.sent.value;
    const sentBefore = useRef(sent);
    useEffect(() => {
        if (sent !== sentBefore.current) scrollToBottom();
        sentBefore.current = sent;
    }, [sent]);

    const older = room.history.older.value;
    useEffect(() => {
        if (older === "more" && timeline.length > 0 && span.start === 0) void room.history.load();
    }, [older, span.start, timeline.length > 0]);

    const rows = [];
    for (let i = span.start; i < span.end; i++) rows.push(rowAt(timeline, i, firstNew));

    return (
        <div class="relative min-h-0 flex-1">
            <div
                ref={scroller}
                class="h-full overflow-x-hidden overflow-y-auto overscroll-contain [overflow-anchor:none] focus-visible:-outline-offset-2"
                role="region"
                aria-label={`Messages in ${room.title.value}`}
                tabIndex={0}
                data-region
                data-testid="messages"
            >
                <div class="mx-auto flex min-h-full w-full max-w-4xl flex-col justify-end px-3 pt-4 pb-2 sm:px-6">
                    {timeline.length === 0 && older !== "loading" && <EmptyRoom />}
                    <OlderMessages room={room} />
                    <div ref={list} role="feed" aria-busy={older === "loading"} style={padding}>
                        {rows.map(({ entry, continues, isNewDay, isFirstNew }, i) => (
                            <MessageRow
                                key={entry.key}
                                room={room}
                                entry={entry}
                                continues={continues}
                                isNewDay={isNewDay}
                                isFirstNew={isFirstNew}
                                myNick={app.me.value?.nick ?? ""}
                                position={older === "none" ? span.start + i + 1 : 0}
                                size={older === "none" ? timeline.length : -1}
                                isLast={span.start + i === timeline.length - 1}
                            />
                        ))}
                    </div>
                </div>
            </div>
            <Later part={listTools} props={{ room, keys, scroller, scrollToRow }} />
            {!isAtBottom && <JumpButton unseen={unread} onJump={scrollToBottom} />}
        </div>
    );
}
