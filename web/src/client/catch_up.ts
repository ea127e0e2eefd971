import { decodeEvent } from "./decode_events";
import { ChatError } from "./errors";
import type { Frame } from "./frame";
import { number, objects, string } from "./frame";
import type { Link } from "./link";
import type { Missed, Room } from "./room";
import type { RoomEvent } from "./room_events";

/** How much is fetched, and how long is waited for it. */
export interface CatchUpLimits {
    /** More missed events than this are not fetched. */
    readonly mostMissed: number;
    readonly longestHoldMs: number;
}

const PAGE = 200;
const TRIES = 10;
/** A server that cannot read its history now, and does not say when it can. */
const BUSY_MS = 500;

export interface HistoryPage {
    readonly room: string;
    readonly epoch: string;
    /** Messages are told as of this number. */
    readonly seq: number;
    /** There is nothing before this one any more. */
    readonly firstSeq: number;
    readonly events: readonly RoomEvent[];
    /** In the direction asked for; around a number, before `events`. */
    readonly hasMore: boolean;
    /** Around a number: behind `events`. */
    readonly hasNewer: boolean;
}

export function decodePage(frame: Frame): HistoryPage {
    const epoch = string(frame, "epoch") ?? "";
    const seq = number(frame, "seq") ?? 0;
    const events = objects(frame, "events").filter((event): event is Frame => typeof event["type"] === "string");
    return {
        room: string(frame, "room") ?? "",
        epoch,
        seq,
        firstSeq: number(frame, "first_seq") ?? 1,
        events: events.map((event) => decodeEvent(event, epoch, seq)).filter((event) => event !== undefined),
        hasMore: frame["has_more"] === true,
        hasNewer: frame["has_newer"] === true,
    };
}

/**
 * Passes what `room` missed from the server's history, and tells `onGap` of what is kept no longer. False when it is not
 * to be had; where the room is then tells how far it went. Rejects when the link ends.
 */
export async function catchUp(
    room: Room,
    { from, to }: Missed,
    link: Link,
    limits: CatchUpLimits,
    onGap: (gap: Missed) => void,
): Promise<boolean> {
    if (from.epoch !== to.epoch || from.seq > to.seq || to.seq - from.seq > limits.mostMissed) return false;
    for (let after = from.seq; after < to.seq; ) {
        const page = await fetchAfter(room.name, { epoch: to.epoch, seq: after }, link, limits);
        if (!page) return false;
        if (page.firstSeq > after + 1) {
            const gap = { from: { ...to, seq: after }, to: { ...to, seq: Math.min(page.firstSeq - 1, to.seq) } };
            room.skip(gap.to);
            onGap(gap);
        }
        for (const event of page.events) room.pass(event);
        const last = page.events.at(-1);
        if (!last || !page.hasMore) break;
        // A server that does not get on would be asked for ever.
        if (last.seq <= after) return false;
        after = last.seq;
    }
    return true;
}

async function fetchAfter(
    room: string,
    { epoch, seq }: Missed["to"],
    link: Link,
    { longestHoldMs }: CatchUpLimits,
): Promise<HistoryPage | undefined> {
    for (let tries = 1; ; tries++) {
        try {
            return decodePage(await link.request({ type: "history", room, epoch, after: seq, limit: PAGE }));
        } catch (error) {
            if (!(error instanceof ChatError) || error.code === "closed") throw error;
            const { retryAfterMs = BUSY_MS * tries } = error.details;
            const isPassing = error.details.retryAfterMs !== undefined || error.code === "unavailable";
            if (retryAfterMs > longestHoldMs || tries === TRIES) return undefined;
            if (isPassing) await link.pause(retryAfterMs);
            else if (error.code === "timeout") await link.probe();
            else return undefined;
        }
    }
}
