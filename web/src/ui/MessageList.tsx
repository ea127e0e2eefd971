import { useEffect, useRef } from "preact/hooks";
import type { Entry } from "../state/timeline";
import { continuesGroup } from "../state/timeline";
import { EmptyRoom } from "./EmptyRoom";
import { GapLine } from "./GapLine";
import { JumpButton } from "./JumpButton";
import { MessageItem } from "./MessageItem";
import { NoticeCard } from "./NoticeCard";
import { useApp } from "./context";
import { useStickToBottom } from "./useStickToBottom";

export function MessageList() {
    const app = useApp();
    const scroller = useRef<HTMLDivElement>(null);
    const content = useRef<HTMLDivElement>(null);
    const { isAtBottom, scrollToBottom } = useStickToBottom(scroller, content);
    const timeline = app.room.value.timeline.value;
    const received = app.room.value.received.value;
    const seen = useRef(received);
    if (isAtBottom) seen.current = received;

    // Whoever sends wants to see it arrive.
    const sent = app.room.value.sent.value;
    useEffect(scrollToBottom, [sent]);

    return (
        <div class="relative min-h-0 flex-1">
            <div
                ref={scroller}
                class="h-full overflow-x-hidden overflow-y-auto overscroll-contain focus-visible:-outline-offset-2"
                role="log"
                aria-live="polite"
                aria-label={`Messages in ${app.room.value.title.value}`}
                tabIndex={0}
            >
                <div
                    ref={content}
                    class="mx-auto flex min-h-full w-full max-w-4xl flex-col justify-end px-3 pt-4 pb-2 sm:px-6"
                >
                    {timeline.length === 0 && <EmptyRoom />}
                    {timeline.map((entry, index) => (
                        <EntryView key={entry.key} entry={entry} previous={timeline[index - 1]} />
                    ))}
                </div>
            </div>
            {!isAtBottom && <JumpButton unseen={received - seen.current} onJump={scrollToBottom} />}
        </div>
    );
}

function EntryView({ entry, previous }: { entry: Entry; previous: Entry | undefined }) {
    switch (entry.kind) {
        case "message":
            return <MessageItem entry={entry} continues={continuesGroup(previous, entry)} />;
        case "notice":
            return <NoticeCard notice={entry} />;
        case "gap":
            return <GapLine gap={entry} />;
    }
}
