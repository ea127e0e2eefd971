import { Calls } from "./calls";
import { cids } from "./cid";
import { systemClock } from "./clock";
import { Connection } from "./connection";
import { Emitter } from "./emitter";
import type { ChatError } from "./errors";
import type { ClientEvents } from "./events";
import { emitFrame } from "./events";
import type { Frame } from "./frame";
import type { Link } from "./link";
import { Outbox } from "./outbox";
import type { ClientOptions } from "./options";
import type { Queued } from "./queued";
import { outboxInMemory } from "./queued";
import { ReadMarks } from "./read_marks";
import type { DurableRequest } from "./requests";
import type { ReactionOp } from "./room_events";
import { Rooms } from "./rooms";
import { sessionInMemory } from "./session";
import { socketsOf } from "./socket";
import type { ConnectionState, Hello, Joined, Position, Positions, User, Welcome } from "./types";

const MOST_MISSED = 1_000;
const LONGEST_HOLD_MS = 60_000;

/** A user's presence on one server: logs in, is in rooms, and comes back to them after every loss. */
export class ChatClient extends Calls {
    readonly events = new Emitter<ClientEvents>();
    readonly #connection: Connection;
    readonly #rooms: Rooms;
    readonly #outbox: Outbox;
    readonly #marks = new ReadMarks();
    readonly #newCid: () => string;
    #hello: Hello | undefined;
    #onCaughtUp: (() => void) | undefined;

    constructor(url: string, options: ClientOptions = {}) {
        super();
        const { clock = systemClock, mostMissed = MOST_MISSED, longestHoldMs = LONGEST_HOLD_MS } = options;
        const { sessions = sessionInMemory(), outbox = outboxInMemory() } = options;
        const openSocket = options.openSocket ?? socketsOf(options.WebSocket);
        this.#newCid = options.newCid ?? cids(clock);
        this.#outbox = new Outbox(clock, outbox, longestHoldMs, {
            onDelivered: (delivery) => this.events.emit("delivered", delivery),
            onRejected: (request, error) => this.events.emit("rejected", { request, error }),
            onChanged: (queued) => this.events.emit("queued", queued),
        });
        this.#rooms = new Rooms(this.events, { mostMissed, longestHoldMs }, {
            onEntered: (joined, link) => this.#onEntered(joined, link),
            onLeft: (room, error) => this.#onLeft(room, error),
        });
        this.#connection = new Connection(url, openSocket, clock, sessions, {
            onState: (state) => this.events.emit("state", state),
            onHello: (hello) => this.#onHello(hello),
            onWelcome: (welcome, link, saidWhere) => this.#onWelcome(welcome, link, saidWhere),
            onEvent: (frame) => this.#onFrame(frame),
            onLost: () => this.#onLost(),
            onExpelled: (error) => this.events.emit("expelled", error),
            positions: () => this.#rooms.positions,
        });
        this.events.on("read", ({ room, seq }) => this.#marks.learn(room, seq));
        for (const name of ["message", "edit", "delete", "reaction"] as const)
            this.events.on(name, ({ cid, room, seq, ts }) => {
                if (cid !== undefined) this.#outbox.confirm({ cid, room, seq, ts });
            });
    }

    get state(): ConnectionState {
        return this.#connection.state;
    }

    /** Who this is, from the first login on. */
    get user(): User | undefined {
        return this.#connection.user;
    }

    /** What the server has said of itself. */
    get hello(): Hello | undefined {
        return this.#hello;
    }

    /** The rooms that one is in, and up to where their events were emitted. */
    get positions(): Positions {
        return this.#rooms.positions;
    }

    /** What waits for the server's confirmation, and what was refused, in order. */
    get queued(): Queued[] {
        return this.#outbox.queued;
    }

    has(feature: string): boolean {
        return this.#hello?.features.includes(feature) ?? false;
    }

    /** Rejects with a ChatError; after `nick_in_use` it can be asked again. What is lost later is mended by itself. */
    async logIn(nick: string): Promise<User> {
        if (this.#connection.nick !== undefined && this.#connection.nick !== nick) this.#forgetRooms();
        this.#outbox.belongTo(nick);
        return this.#connection.logIn(nick);
    }

    /** Logs in and joins. Who is not let into the room does not stay outside it. */
    async enter(nick: string, room: string): Promise<Joined> {
        const wasIn = this.state.phase === "online";
        await this.logIn(nick);
        try {
            return await this.join(room);
        } catch (error) {
            if (!wasIn) this.#endSession();
            throw error;
        }
    }

    /** Goodbye: leaves all rooms, and forgets what was not sent. */
    logOut(): void {
        this.#outbox.clear();
        this.#endSession();
    }

    /** Ends the wait for the next try, also the endless one after the server had sent us away. */
    retryNow(): void {
        this.#connection.retryNow();
    }

    /** Asks the server for a sign of life, and gives the connection up when none comes. */
    async probe(): Promise<void> {
        await this.link?.probe();
    }

    /** With `from`, events behind that position are fetched first, if the server has a history. */
    join(room: string, from?: Position): Promise<Joined> {
        return this.#rooms.join(room, from);
    }

    /** The room of two with the user of this id. */
    openDirect(user: string): Promise<Joined> {
        return this.#rooms.openDirect(user);
    }

    leave(room: string): Promise<void> {
        return this.#rooms.leave(room);
    }

    /** Answers the cid, as all that goes through the outbox. It is sent once the room was joined. */
    send(message: { room: string; text: string; replyTo?: number; cid?: string }): string {
        return this.#queue({ type: "message", cid: this.#newCid(), ...message });
    }

    edit(room: string, target: number, text: string): string {
        return this.#queue({ type: "edit", room, cid: this.#newCid(), target, text });
    }

    remove(room: string, target: number): string {
        return this.#queue({ type: "delete", room, cid: this.#newCid(), target });
    }

    react(room: string, target: number, key: string, op: ReactionOp = "add"): string {
        return this.#queue({ type: "reaction", room, cid: this.#newCid(), target, key, op });
    }

    /** Sends what was refused once more. */
    retry(cid: string): void {
        this.#outbox.retry(cid);
    }

    discard(cid: string): void {
        this.#outbox.discard(cid);
    }

    /** This user has read the room up to `seq`: his other sessions, and the next ones, know it. */
    markRead(room: string, seq: number): void {
        if (this.#hello === undefined || this.has("readmarks")) this.#marks.mark(room, seq);
    }

    protected override get link(): Link | undefined {
        return this.#connection.link;
    }

    protected override epochOf(room: string): string {
        return this.#rooms.epochOf(room);
    }

    #queue(request: DurableRequest): string {
        this.#outbox.add(request);
        return request.cid;
    }

    #endSession(): void {
        this.#forgetRooms();
        this.#connection.logOut();
    }

    #forgetRooms(): void {
        this.#rooms.clear();
        this.#marks.clear();
        this.#outbox.closeAll();
    }

    #onHello(hello: Hello): void {
        this.#hello = hello;
        this.events.emit("hello", hello);
    }

    #onWelcome(welcome: Welcome, link: Link, saidWhere: boolean): void {
        this.events.emit("welcome", welcome);
        const told = saidWhere ? new Promise<void>((resolve) => (this.#onCaughtUp = resolve)) : undefined;
        void Promise.all([this.#rooms.onWelcome(link, welcome, this.has("history")), told]).then(() => {
            if (this.#connection.link === link) this.events.emit("caughtUp", { resumed: welcome.resumed });
        });
    }

    #onEntered({ room, readSeq }: Joined, link: Link): void {
        if (readSeq !== undefined) this.#marks.learn(room, readSeq);
        this.#outbox.open(room, link);
        this.#marks.open(room, link);
    }

    #onLeft(room: string, error: ChatError): void {
        this.#outbox.refuseAll(room, error);
        this.#marks.close(room);
    }

    #onLost(): void {
        this.#rooms.onLost();
        this.#outbox.closeAll();
        this.#marks.closeAll();
    }

    #onFrame(frame: Frame): void {
        if (frame.type === "caught_up") this.#onCaughtUp?.();
        else if (!this.#rooms.onFrame(frame)) emitFrame(this.events, frame);
    }
}
