import type { CatchUpLimits } from "./catch_up";
import { catchUp } from "./catch_up";
import { decodeJoined, decodeKicked, decodeLeft } from "./decode";
import { decodeEvent } from "./decode_events";
import type { Emitter } from "./emitter";
import { ChatError } from "./errors";
import type { ClientEvents } from "./events";
import { emitEvent } from "./events";
import type { Frame } from "./frame";
import { string } from "./frame";
import type { Body, Link } from "./link";
import { Room } from "./room";
import type { Missed } from "./room";
import type { Joined, Left, Position, Positions, Welcome } from "./types";

export interface RoomsHandlers {
    /** The server has us in this room: requests for it will be taken. */
    onEntered(joined: Joined, link: Link): void;
    onLeft(room: string, error: ChatError): void;
}

/** Where a request for a room has got to. */
interface Entering {
    readonly joined: Joined;
    /** Ends when nothing of the room is missing any more. */
    readonly caughtUp: Promise<void>;
}

const LEFT = "You are not in this room any more.";

/** The rooms that one is in, which is kept so over lost connections. */
export class Rooms {
    readonly #rooms = new Map<string, Room>();
    /** Left while there was no connection to say so. */
    readonly #leaving = new Set<string>();
    #link: Link | undefined;
    #hasHistory = false;

    constructor(
        private readonly events: Emitter<ClientEvents>,
        private readonly limits: CatchUpLimits,
        private readonly handlers: RoomsHandlers,
    ) {}

    get positions(): Positions {
        const positions: Record<string, Position> = {};
        for (const { name, position } of this.#rooms.values()) if (position) positions[name] = position;
        return positions;
    }

    isMember(name: string): boolean {
        return this.#rooms.get(name)?.isMember ?? false;
    }

    epochOf(name: string): string {
        return this.#rooms.get(name)?.epoch ?? "";
    }

    /** Logged in. The promise ends when nothing of any room is missing any more, or when the link has ended. */
    async onWelcome(link: Link, { rooms }: Welcome, hasHistory: boolean): Promise<void> {
        this.#link = link;
        this.#hasHistory = hasHistory;
        const known = [...this.#rooms.keys()];
        const here = new Set(rooms.map(({ room }) => room));
        const left = rooms.filter(({ room }) => this.#leaving.has(room));
        this.#leaving.clear();
        for (const { room } of left) link.send({ type: "leave", room });
        const entered = rooms.filter((joined) => !left.includes(joined)).map((joined) => this.#enter(link, joined));
        const missing = known.filter((name) => !here.has(name)).map((name) => this.#rejoin(link, name));
        await Promise.all([...entered, ...missing]);
    }

    onLost(): void {
        this.#link = undefined;
        for (const room of this.#rooms.values()) {
            room.lose();
            if (!room.position) this.#rooms.delete(room.name);
        }
    }

    clear(): void {
        this.#link = undefined;
        this.#rooms.clear();
        this.#leaving.clear();
    }

    /** Takes what is about rooms; false for all else. */
    onFrame(frame: Frame): boolean {
        if (frame.type === "joined") this.#onJoined(decodeJoined(frame));
        else if (frame.type === "left") this.#onLeft(decodeLeft(frame));
        else if (frame.type === "kicked") this.#onKicked(frame);
        // A `read` has a number, and is none of the room's events.
        else if (frame.type === "read") return false;
        else return this.#onEvent(frame);
        return true;
    }

    async join(name: string, from?: Position): Promise<Joined> {
        this.#leaving.delete(name);
        return (await this.#ask(this.#linkNow(), { type: "join", room: name }, from)).joined;
    }

    async openDirect(user: string): Promise<Joined> {
        return (await this.#ask(this.#linkNow(), { type: "dm", user })).joined;
    }

    /** At once when there is no connection: the next one tells the server. */
    async leave(name: string): Promise<void> {
        try {
            await this.#linkNow().request({ type: "leave", room: name }, () => this.#remove({ room: name }));
        } catch (error) {
            if (!(error instanceof ChatError) || error.code !== "closed") throw error;
            this.#leaving.add(name);
            this.#remove({ room: name });
        }
    }

    #linkNow(): Link {
        if (!this.#link) throw new ChatError("closed", "There is no connection.");
        return this.#link;
    }

    #get(name: string): Room {
        const known = this.#rooms.get(name);
        if (known) return known;
        const room = new Room(name, (event) => emitEvent(this.events, event));
        this.#rooms.set(name, room);
        return room;
    }

    #onEvent(frame: Frame): boolean {
        // It is of the log that the room has when it is emitted.
        const event = decodeEvent(frame, this.epochOf(string(frame, "room") ?? ""));
        if (event) this.#get(event.room).take(event);
        return event !== undefined;
    }

    #onJoined(joined: Joined | undefined): void {
        if (joined && this.#link) void this.#enter(this.#link, joined);
    }

    #onLeft(left: Left | undefined): void {
        if (left) this.#remove(left);
    }

    #onKicked(frame: Frame): void {
        const kicked = decodeKicked(frame);
        if (!kicked || !this.#rooms.delete(kicked.room)) return;
        this.handlers.onLeft(kicked.room, new ChatError("forbidden", kicked.reason || LEFT));
        this.events.emit("kicked", kicked);
    }

    #remove(left: Left, error = new ChatError("forbidden", LEFT)): void {
        if (!this.#rooms.delete(left.room)) return;
        this.handlers.onLeft(left.room, error);
        this.events.emit("left", left);
    }

    async #ask(link: Link, body: Body, from?: Position): Promise<Entering> {
        let entering: Entering | undefined;
        await link.request(body, (answer) => {
            const joined = decodeJoined({ room: body["room"], ...answer });
            if (joined) entering = { joined, caughtUp: this.#enter(link, joined, from) };
        });
        if (!entering) throw new ChatError("internal", "The server's answer names no room.");
        return entering;
    }

    /** A room that the server has not told of after a login. Whatever is refused for good is left. */
    async #rejoin(link: Link, name: string): Promise<void> {
        while (this.#rooms.has(name)) {
            try {
                await (await this.#ask(link, { type: "join", room: name })).caughtUp;
                return;
            } catch (error) {
                if (!(error instanceof ChatError)) throw error;
                const { retryAfterMs } = error.details;
                if (error.code === "closed") return;
                if (error.code === "timeout") await link.probe();
                else if (retryAfterMs !== undefined) await link.pause(retryAfterMs).catch(() => {});
                else return this.#remove({ room: name, error }, error);
            }
        }
    }

    async #enter(link: Link, joined: Joined, from?: Position): Promise<void> {
        const room = this.#get(joined.room);
        const missed = room.enter(joined, from);
        this.events.emit("joined", joined);
        this.handlers.onEntered(joined, link);
        if (missed) await this.#recover(link, room, missed);
        else if (!room.isMissing) room.release();
    }

    async #recover(link: Link, room: Room, missed: Missed): Promise<void> {
        const { name } = room;
        const onGap = (gap: Missed) => this.events.emit("gap", { room: name, ...gap });
        try {
            const isRecovered = this.#hasHistory && (await catchUp(room, missed, link, this.limits, onGap));
            if (this.#link !== link || this.#rooms.get(name) !== room) return;
            const from = room.position ?? missed.from;
            const hasGap = !isRecovered && (from.epoch !== missed.to.epoch || from.seq !== missed.to.seq);
            // Also when all came: a module may have kept the last ones from this user.
            if (hasGap || from.seq < missed.to.seq) room.skip(missed.to);
            if (hasGap) onGap({ from, to: missed.to });
            room.release();
        } catch (error) {
            // A link that has ended: the next one begins where this one has stopped.
            if (!(error instanceof ChatError)) throw error;
        }
    }
}
