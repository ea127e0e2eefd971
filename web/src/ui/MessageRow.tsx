import type { RoomState } from "../state/room";
import type { Entry } from "../state/timeline";
import { GapLine } from "./GapLine";
import type { Parts } from "./Later";
import { Later } from "./Later";
import { MessageItem } from "./MessageItem";
import { NoticeCard } from "./NoticeCard";
import { memo } from "./memo";
import { formatDay } from "./time";

interface Props {
    room: RoomState;
    entry: Entry;
    continues: boolean;
    isNewDay: boolean;
    isFirstNew: boolean;
    /** Of the one who reads: messages that name him stand out. */
    myNick: string;
    /** From 1; 0 while nobody knows how many there are above. */
    position: number;
    size: number;
    /** Just arrived: not a row that comes into view by scrolling. */
    isLast: boolean;
}

/** As high as all that is in it, margins included: the list adds the heights up. */
export const MessageRow = memo(({ room, entry, continues, isNewDay, isFirstNew, myNick, position, size, isLast }: Props) => (
    <div
        class={`flow-root ${isLast ? "motion-safe:animate-arrive" : ""}`}
        role="article"
        aria-posinset={position || undefined}
        aria-setsize={size}
        data-key={entry.key}
    >
        {isNewDay && <DayLine ts={entry.ts} />}
        {isFirstNew && <NewLine />}
        <EntryView room={room} entry={entry} continues={continues} myNick={myNick} />
    </div>
));

const pollCard = (parts: Parts) => parts.PollCard;

function EntryView({ room, entry, continues, myNick }: Pick<Props, "room" | "entry" | "continues" | "myNick">) {
    switch (entry.kind) {
        case "message":
            return <MessageItem entry={entry} continues={continues} myNick={myNick} />;
        case "notice":
            return <NoticeCard notice={entry} />;
        case "poll":
            return <Later part={pollCard} props={{ entry }} />;
        case "gap":
            return <GapLine room={room} gap={entry} />;
    }
}

function DayLine({ ts }: { ts: number }) {
    return (
        <div class="mt-5 mb-1 flex items-center gap-3 text-xs font-semibold text-fog-400" data-testid="day">
            <span class="h-px flex-1 bg-ink-700" />
            <time dateTime={new Date(ts).toISOString().slice(0, 10)}>{formatDay(ts)}</time>
            <span class="h-px flex-1 bg-ink-700" />
        </div>
    );
}

function NewLine() {
    return (
        <div class="mt-4 -mb-2 flex items-center gap-2" data-testid="new-line">
            <span class="h-px flex-1 bg-rose-400/70" />
            <span class="rounded-full bg-rose-500/20 px-2 py-0.5 text-[0.6875rem] font-bold tracking-wide text-rose-200">
                New
            </span>
        </div>
    );
}
