import type { RoomEvent } from "./room_events";
import type { Joined, Position } from "./types";

/** Of a room that nobody here has joined: another session may have, and its news are late. */
const MOST_HELD_EARLY = 100;

/** What a room's listeners do not have: events behind `from`, up to `to`. */
export interface Missed {
    readonly from: Position;
    readonly to: Position;
}

/**
 * The events of one room on their way to the listeners: each once, and in the order of their numbers, whatever comes
 * twice. While something before them is missing, they are held.
 */
export class Room {
    #epoch = "";
    #position: Position | undefined;
    #isMember = false;
    #held: RoomEvent[] | undefined = [];
    #isMissing = false;

    constructor(
        readonly name: string,
        private readonly emit: (event: RoomEvent) => void,
    ) {}

    /** Up to where events were emitted; undefined for a room that was never entered. */
    get position(): Position | undefined {
        return this.#position;
    }

    /** Of the room's log as the server has it. */
    get epoch(): string {
        return this.#epoch;
    }

    get isMember(): boolean {
        return this.#isMember;
    }

    /** Something before the held events is being fetched. */
    get isMissing(): boolean {
        return this.#isMissing;
    }

    /** The connection is gone. What was held lies behind the position, so the next one brings it again. */
    lose(): void {
        this.#isMember = false;
        this.#isMissing = false;
        this.#held = [];
    }

    /**
     * The server tells where the room is. Answers what was missed, which has to be passed or skipped before the
     * release; `start` is where to begin in a room that was never entered.
     */
    enter(joined: Joined, start?: Position): Missed | undefined {
        const from = this.#position ?? start;
        const wasMember = this.#isMember;
        this.#isMember = true;
        this.#epoch = joined.epoch;
        if (joined.recovered && this.#position) return undefined;
        const to = this.#startOf(joined, from);
        this.#position = from ?? to;
        const isSameLog = from?.epoch === to.epoch;
        // As a member one gets everything, even where a module kept some numbers from this user.
        if (!from || (isSameLog && (wasMember || from.seq === to.seq))) return undefined;
        this.#isMissing = true;
        return { from, to };
    }

    /** An event that came by itself. */
    take(event: RoomEvent): void {
        if (!this.#held) {
            this.pass(event);
            return;
        }
        if (!this.#isMember && this.#held.length >= MOST_HELD_EARLY) this.#held.shift();
        this.#held.push(event);
    }

    /** The next event. One that was emitted before is dropped. */
    pass(event: RoomEvent): void {
        if (!this.#position || event.seq <= this.#position.seq) return;
        const { epoch } = this.#position;
        this.#position = { epoch, seq: event.seq };
        this.emit(event.epoch === epoch ? event : { ...event, epoch });
    }

    /** Nothing of what is missing up to `to` will come. */
    skip(to: Position): void {
        this.#position = to;
    }

    /** Nothing is missing any more: what is held is emitted, and what comes from now on. */
    release(): void {
        const held = this.#held ?? [];
        this.#held = undefined;
        this.#isMissing = false;
        for (const event of held) this.pass(event);
    }

    /** Where the events that come by themselves begin: they may have overtaken the answer that tells of the room. */
    #startOf({ epoch, seq }: Joined, from: Position | undefined): Position {
        const known = from?.epoch === epoch ? from.seq : 0;
        const first = this.#held?.find((event) => event.seq > known);
        return { epoch, seq: first ? Math.min(seq, first.seq - 1) : seq };
    }
}
