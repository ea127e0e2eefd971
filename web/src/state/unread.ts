import { mentions } from "../markup/mentions";
import type { Entry, Timeline } from "./timeline";

export interface Unread {
    readonly messages: number;
    readonly mentions: number;
}

export const NOTHING_UNREAD: Unread = { messages: 0, mentions: 0 };

/** More are not told apart. */
const MOST_COUNTED = 1_000;

export type IsMention = (text: string) => boolean;

export function mentionOf(nick: string): IsMention {
    return (text) => mentions(text, nick);
}

/** A message of somebody else, of this log, behind `seq`. */
export function isNewAfter(entry: Entry, epoch: string, seq: number): boolean {
    if (entry.kind !== "message" || entry.status !== "sent" || entry.own || entry.deleted) return false;
    return entry.epoch === epoch && entry.seq > seq;
}

/** Messages of others behind `readSeq`. The timeline is in order, so it is read from its end. */
export function countUnread(timeline: Timeline, epoch: string, readSeq: number, isMention: IsMention): Unread {
    let messages = 0;
    let mentions = 0;
    for (let i = timeline.length - 1; i >= 0 && messages < MOST_COUNTED; i--) {
        const entry = timeline[i]!;
        if (entry.kind !== "message" || entry.status !== "sent") continue;
        if (entry.epoch !== epoch || entry.seq <= readSeq) break;
        if (!isNewAfter(entry, epoch, readSeq)) continue;
        messages++;
        if (isMention(entry.text)) mentions++;
    }
    return messages === 0 ? NOTHING_UNREAD : { messages, mentions };
}

/** Of several rooms together. */
export function sumUnread(all: Iterable<Unread>): Unread {
    let sum = NOTHING_UNREAD;
    for (const { messages, mentions } of all)
        sum = { messages: sum.messages + messages, mentions: sum.mentions + mentions };
    return sum;
}

export function badgeText(count: number): string {
    return count > 99 ? "99+" : String(count);
}
