import { applyChange } from "../client/changes";
import type { Delivery } from "../client/outbox";
import type { Changeable, Message, MessageChange } from "../client/room_events";
import type { Notice, User } from "../client/types";

/** What is above can be had again, where there is a history. */
export const MOST_ENTRIES = 100_000;

/** Messages of one author closer together than this are shown as one group. */
const GROUP_MS = 5 * 60_000;

interface MessageBase {
    readonly kind: "message";
    /** Stays the same from the moment a message is written until it is dropped. */
    readonly key: string;
    readonly ts: number;
    readonly from: User;
    readonly text: string;
    readonly own: boolean;
    /** The number of the message that this one answers. */
    readonly replyTo?: number;
}

export type SentEntry = MessageBase & Changeable & { readonly status: "sent" };

export type MessageEntry =
    | SentEntry
    /** `unconfirmed`: sent, and nobody knows yet whether it arrived. */
    | (MessageBase & { readonly status: "pending" | "unconfirmed" })
    | (MessageBase & { readonly status: "failed"; readonly reason: string });

export interface NoticeEntry {
    readonly kind: "notice";
    readonly key: string;
    readonly ts: number;
    readonly text: string;
    readonly from?: User;
}

/** Marks where messages were missed; `range` is absent when nobody can tell how many. */
export interface GapEntry {
    readonly kind: "gap";
    readonly key: string;
    readonly ts: number;
    /** Of one log: what is behind `from`, up to `to`. */
    readonly range?: { readonly epoch: string; readonly from: number; readonly to: number };
    /** The server keeps it no longer. */
    readonly isLost?: boolean;
}

/** A question to the room. What is known of it stands elsewhere, since it changes. */
export interface PollEntry {
    readonly kind: "poll";
    readonly key: string;
    readonly ts: number;
    readonly poll: string;
}

export type Entry = MessageEntry | NoticeEntry | GapEntry | PollEntry;
export type Timeline = readonly Entry[];

function isPending(entry: Entry): boolean {
    return entry.kind === "message" && (entry.status === "pending" || entry.status === "unconfirmed");
}

function baseOf({ kind, key, ts, from, text, own, replyTo }: MessageEntry): MessageBase {
    return { kind, key, ts, from, text, own, ...(replyTo !== undefined && { replyTo }) };
}

function isSent(entry: Entry): entry is SentEntry {
    return entry.kind === "message" && entry.status === "sent";
}

/** Pending messages stay last: where they will stand in the room is not known before the server says so. */
function insertBeforePending(timeline: Timeline, entry: Entry): Timeline {
    let at = timeline.length;
    while (at > 0 && isPending(timeline[at - 1]!)) at--;
    // Copied as a whole: it is long.
    const copy = timeline.slice();
    copy.splice(at, 0, entry);
    return newest(copy);
}

function newest(timeline: Timeline): Timeline {
    return timeline.length > MOST_ENTRIES ? timeline.slice(-MOST_ENTRIES) : timeline;
}

function without(timeline: Timeline, key: string): Timeline {
    return timeline.filter((entry) => entry.key !== key);
}

function findMessage(timeline: Timeline, key: string): MessageEntry | undefined {
    const entry = timeline.findLast((candidate) => candidate.key === key);
    return entry?.kind === "message" ? entry : undefined;
}

export function addPending(
    timeline: Timeline,
    { cid, text, replyTo }: { cid: string; text: string; replyTo?: number },
    from: User,
    ts: number,
): Timeline {
    const base: MessageBase = { kind: "message", key: cid, ts, from, text, own: true };
    const entry: Entry = { ...base, ...(replyTo !== undefined && { replyTo }), status: "pending" };
    return newest([...without(timeline, cid), entry]);
}

export function entryOf(message: Message, own: boolean): SentEntry {
    const { ts, from, text, cid, epoch, seq, asOf, edited, deleted, reactions, replyTo } = message;
    return {
        kind: "message",
        key: cid ?? `${epoch}:${seq}`,
        ts,
        from,
        text,
        own,
        status: "sent",
        epoch,
        seq,
        asOf,
        ...(replyTo !== undefined && { replyTo }),
        ...(edited && { edited }),
        ...(deleted && { deleted }),
        ...(reactions && { reactions }),
    };
}

export function addMessage(timeline: Timeline, message: Message, own: boolean): Timeline {
    const entry = entryOf(message, own);
    const known = message.cid === undefined ? undefined : findMessage(timeline, message.cid);
    // The answer may have come first; the text in the room counts, since a filter may have changed it.
    if (known?.status === "sent") return timeline.map((candidate) => (candidate === known ? entry : candidate));
    return insertBeforePending(known ? without(timeline, known.key) : timeline, entry);
}

/** `epoch` is that of the room. */
export function confirm(timeline: Timeline, { cid, seq, ts }: Delivery, epoch: string): Timeline {
    const known = findMessage(timeline, cid);
    if (!known || known.status === "sent") return timeline;
    const rest = without(timeline, cid);
    if (seq === undefined) return rest;
    const sent = { ts: ts ?? known.ts, status: "sent" as const, epoch, seq, asOf: seq };
    return insertBeforePending(rest, { ...baseOf(known), ...sent });
}

/** Somebody edited or deleted a message, or reacted to it. */
export function change(timeline: Timeline, news: MessageChange, myId: string | undefined): Timeline {
    const isMeant = (entry: SentEntry) => entry.seq === news.target && entry.epoch === news.epoch;
    const entry = timeline.findLast((other): other is SentEntry => isSent(other) && isMeant(other));
    if (!entry) return timeline;
    const changed = applyChange(entry, news, myId);
    return changed === entry ? timeline : timeline.map((other) => (other === entry ? changed : other));
}

export function fail(timeline: Timeline, cid: string, reason: string): Timeline {
    const known = findMessage(timeline, cid);
    if (!known || !isPending(known)) return timeline;
    return insertBeforePending(without(timeline, cid), { ...baseOf(known), status: "failed", reason });
}

/** What is on its way, and whether it is known to be. */
export function setUnconfirmed(timeline: Timeline, cid: string, unconfirmed: boolean): Timeline {
    const known = findMessage(timeline, cid);
    const status = unconfirmed ? "unconfirmed" : "pending";
    if (!known || !isPending(known) || known.status === status) return timeline;
    return timeline.map((entry) => (entry === known ? { ...baseOf(known), status } : entry));
}

export function discard(timeline: Timeline, key: string): Timeline {
    return without(timeline, key);
}

/** Once: one that is there already stays where it is. */
export function addPoll(timeline: Timeline, poll: string, ts: number): Timeline {
    const entry = pollEntry(poll, ts);
    return timeline.some(({ key }) => key === entry.key) ? timeline : insertBeforePending(timeline, entry);
}

export function pollEntry(poll: string, ts: number): PollEntry {
    return { kind: "poll", key: `poll:${poll}`, ts, poll };
}

export function addNotice(timeline: Timeline, { text, from }: Notice, key: string, ts: number): Timeline {
    return insertBeforePending(timeline, { kind: "notice", key, ts, text, ...(from && { from }) });
}

export function addGap(timeline: Timeline, range: GapEntry["range"], key: string, ts: number): Timeline {
    return insertBeforePending(timeline, { kind: "gap", key, ts, ...(range && { range }) });
}

/** Whether `entry` continues the group that `previous` belongs to. */
export function continuesGroup(previous: Entry | undefined, entry: MessageEntry): boolean {
    return (
        previous?.kind === "message" &&
        previous.own === entry.own &&
        (entry.own || previous.from.id === entry.from.id) &&
        entry.ts - previous.ts < GROUP_MS
    );
}
