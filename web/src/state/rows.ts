import type { Entry, Timeline } from "./timeline";
import { continuesGroup } from "./timeline";
import { isNewAfter } from "./unread";

/** An entry, and what stands above it. */
export interface Row {
    readonly entry: Entry;
    /** Whether the message above is by the same author and recent. */
    readonly continues: boolean;
    /** The first of its day. */
    readonly isNewDay: boolean;
    /** Below the line that says "New". */
    readonly isFirstNew: boolean;
}

const DAY_MS = 86_400_000;

function isSameDay(a: number, b: number): boolean {
    return Math.abs(a - b) < DAY_MS && new Date(a).getDate() === new Date(b).getDate();
}

export function rowAt(timeline: Timeline, index: number, firstNew: number): Row {
    const entry = timeline[index]!;
    const previous = timeline[index - 1];
    const isNewDay = !previous || !isSameDay(previous.ts, entry.ts);
    const isFirstNew = index === firstNew;
    const continues = entry.kind === "message" && !isNewDay && !isFirstNew && continuesGroup(previous, entry);
    return { entry, continues, isNewDay, isFirstNew };
}

/** The first of the messages behind `newAfter` that are there, or -1. */
export function firstNewAt(timeline: Timeline, epoch: string, newAfter: number | undefined): number {
    let found = -1;
    if (newAfter === undefined) return found;
    for (let i = timeline.length - 1; i >= 0; i--) {
        const entry = timeline[i]!;
        if (isNewAfter(entry, epoch, newAfter)) found = i;
        else if (entry.kind === "message" && entry.status === "sent" && entry.seq <= newAfter) break;
    }
    return found;
}
