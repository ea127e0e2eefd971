import type { HistoryPage } from "../client/catch_up";
import type { Entry, GapEntry, Timeline } from "./timeline";
import { entryOf, pollEntry } from "./timeline";

/** The messages and polls of a page that the timeline does not have, as entries. */
function newEntries(timeline: Timeline, { epoch, events }: HistoryPage, myId: string | undefined): Entry[] {
    const known = new Set<number>();
    for (const entry of timeline)
        if (entry.kind === "message" && entry.status === "sent" && entry.epoch === epoch) known.add(entry.seq);
    return events.flatMap((event): Entry[] => {
        if (event.type === "poll") return [pollEntry(event.poll, event.ts)];
        if (event.type !== "message" || known.has(event.seq)) return [];
        return [entryOf(event, event.from.id === myId)];
    });
}

/** What is on its way as far as this page knows may have arrived long ago. */
function withoutKeysOf(timeline: Timeline, entries: readonly Entry[]): Timeline {
    const keys = new Set(entries.map(({ key }) => key));
    return timeline.some(({ key }) => keys.has(key)) ? timeline.filter(({ key }) => !keys.has(key)) : timeline;
}

/** A page of the history in front of all that is there. */
export function addOlder(timeline: Timeline, page: HistoryPage, myId: string | undefined): Timeline {
    const entries = newEntries(timeline, page, myId);
    return [...entries, ...withoutKeysOf(timeline, entries)];
}

/** What is missing in front of a page, for it is kept no longer. */
function lostBefore(page: HistoryPage, gap: GapEntry): GapEntry[] {
    const to = Math.min(page.firstSeq - 1, gap.range?.to ?? 0);
    if (!gap.range || to <= gap.range.from) return [];
    return [{ ...gap, key: `${gap.key}-lost`, range: { ...gap.range, to }, isLost: true }];
}

/** A page of what was missed in front of the mark of a gap, which becomes smaller, and vanishes with `isLast`. */
export function fillGap(
    timeline: Timeline,
    key: string,
    page: HistoryPage,
    isLast: boolean,
    myId: string | undefined,
): Timeline {
    const entries = newEntries(timeline, page, myId);
    const rest = withoutKeysOf(timeline, entries);
    const at = rest.findIndex((entry) => entry.key === key);
    const gap = rest[at];
    if (gap?.kind !== "gap") return timeline;
    const from = page.events.at(-1)?.seq;
    const left = isLast || !gap.range || from === undefined ? [] : [{ ...gap, range: { ...gap.range, from } }];
    return [...rest.slice(0, at), ...lostBefore(page, gap), ...entries, ...left, ...rest.slice(at + 1)];
}
