import { backoffMs } from "./backoff";
import type { Cancel, Clock } from "./clock";
import { decodeJoined, decodeWelcome } from "./decode";
import { Emitter } from "./emitter";
import { ChatError } from "./errors";
import type { ClientEvents } from "./events";
import { emitFrame } from "./events";
import type { Frame } from "./frame";
import { number } from "./frame";
import type { CloseInfo, OpenSocket } from "./link";
import { Link, SUBPROTOCOL } from "./link";
import { Outbox } from "./outbox";
import type { SessionStore } from "./session";
import { inMemory } from "./session";
import type { ConnectionState, Joined, Outgoing, Position, TypingState, Welcome } from "./types";

/** Without the token of our session, the server holds our nick for a while after a cut. */
const GHOST_MS = 60_000;

interface Identity {
    readonly nick: string;
    readonly room: string;
}

/** A user's presence on one server: logs in, joins a room, and after every loss comes back to both. */
export class ChatClient {
    readonly events = new Emitter<ClientEvents>();
    readonly #outbox: Outbox;
    #state: ConnectionState = { phase: "offline" };
    #link: Link | undefined;
    #identity: Identity | undefined;
    #position: Position | undefined;
    #entered = false;
    #attempt = 0;
    #lostAt = 0;
    #cancelRetry: Cancel | undefined;

    constructor(
        private readonly url: string,
        private readonly openSocket: OpenSocket,
        private readonly clock: Clock,
        private readonly sessions: SessionStore = inMemory(),
    ) {
        this.#outbox = new Outbox(clock, {
            onDelivered: (delivery) => this.events.emit("delivered", delivery),
            onRejected: (cid, error) => this.events.emit("rejected", { cid, error }),
        });
        this.events.on("message", ({ cid }) => {
            if (cid !== undefined) this.#outbox.confirm(cid);
        });
    }

    get state(): ConnectionState {
        return this.#state;
    }

    /** Logs in and joins. Rejects with a ChatError; after `nick_in_use` the same connection can be asked again. */
    async enter(nick: string, room: string): Promise<void> {
        this.#cancelRetry?.();
        this.#identity = { nick, room };
        this.#position = undefined;
        this.#entered = false;
        try {
            await this.#establish(this.#identity);
        } catch (error) {
            this.#setState({ phase: "offline" });
            throw error;
        }
    }

    leave(): void {
        this.#cancelRetry?.();
        this.#entered = false;
        this.#identity = undefined;
        this.sessions.write(undefined);
        this.#outbox.clear();
        this.#drop("left");
        this.#setState({ phase: "offline" });
    }

    /** Ends the wait for the next try, also the endless one after the server had sent us away. */
    retryNow(): void {
        if (!this.#identity || this.#state.phase === "connecting" || this.#state.phase === "online") return;
        this.#cancelRetry?.();
        this.#entered = true;
        void this.#resume(this.#identity);
    }

    send(message: Outgoing): void {
        this.#outbox.add(message);
    }

    sendTyping(room: string, state: TypingState): void {
        if (this.#state.phase === "online") this.#link?.send({ type: "typing", room, state });
    }

    async #establish(identity: Identity): Promise<void> {
        this.#setState({ phase: "connecting" });
        const link = this.#link ?? (await this.#connect());
        try {
            const { user, rooms } = await this.#logIn(link, identity);
            this.events.emit("welcome", user);
            const { room } = identity;
            const joined =
                rooms.find((other) => other.room === room) ??
                decodeJoined(await link.request({ type: "join", room }), room);
            this.#onJoined(joined);
        } catch (error) {
            // Only a refused nick may be followed by another one on the same connection.
            if (!(error instanceof ChatError && error.code === "nick_in_use")) this.#drop("not admitted");
            throw error;
        }
        this.#entered = true;
        this.#attempt = 0;
        this.#setState({ phase: "online" });
        this.#outbox.attach(link);
    }

    async #logIn(link: Link, { nick, room }: Identity): Promise<Welcome> {
        const session = this.sessions.read();
        const rooms = this.#position ? { [room]: this.#position } : {};
        const resume = session?.nick === nick ? { resume: { token: session.token, rooms } } : {};
        const welcome = decodeWelcome(await link.request({ type: "login", nick, ...resume }));
        if (!welcome) throw new ChatError("internal", "The server's welcome names no user.");
        this.sessions.write(welcome.token === undefined ? undefined : { nick, token: welcome.token });
        return welcome;
    }

    /** What was missed comes as events, and moves the position on; a gap does so at once. */
    #onJoined(joined: Joined): void {
        if (!joined.recovered) this.#position = { epoch: joined.epoch, seq: joined.seq };
        this.events.emit("joined", joined);
    }

    #onEvent(frame: Frame): void {
        const seq = number(frame, "seq");
        if (seq !== undefined && this.#position && frame["room"] === this.#identity?.room)
            this.#position = { ...this.#position, seq: Math.max(this.#position.seq, seq) };
        emitFrame(this.events, frame);
    }

    #connect(): Promise<Link> {
        return new Promise((resolve, reject) => {
            const link = new Link(this.openSocket(this.url, SUBPROTOCOL), this.clock, {
                onHello: (hello) => {
                    this.events.emit("hello", hello);
                    resolve(link);
                },
                onEvent: (frame) => this.#onEvent(frame),
                onClose: (info) => {
                    const message = info.reason || "The server cannot be reached.";
                    reject(new ChatError("closed", message, { closeCode: info.code }));
                    if (this.#link === link) this.#onClose(info);
                },
            });
            this.#link = link;
        });
    }

    async #resume(identity: Identity): Promise<void> {
        try {
            await this.#establish(identity);
        } catch (error) {
            if (!(error instanceof ChatError)) throw error;
            // A lost connection came by #onClose already, which has planned the next try.
            if (error.code === "closed" || this.#identity !== identity) return;
            this.#onRefusal(error);
        }
    }

    #onRefusal(error: ChatError): void {
        const { retryAfterMs } = error.details;
        const isGhost = error.code === "nick_in_use" && this.clock.now() - this.#lostAt < GHOST_MS;
        if (isGhost || error.code === "timeout" || retryAfterMs !== undefined) {
            this.#drop("try later");
            this.#retryLater(retryAfterMs);
            return;
        }
        this.#entered = false;
        this.#setState({ phase: "offline", reason: error.message });
        this.events.emit("expelled", error);
    }

    #onClose({ code, reason }: CloseInfo): void {
        this.#link = undefined;
        this.#outbox.detach();
        if (!this.#entered) return;
        if (this.#state.phase === "online") this.#lostAt = this.clock.now();
        if (code >= 4500 && code <= 4999) {
            this.#entered = false;
            this.sessions.write(undefined);
            this.#setState({ phase: "offline", reason: reason || "The server closed the connection." });
        } else {
            this.#retryLater();
        }
    }

    /** Ends the link on our own account, so without the consequences of #onClose. */
    #drop(reason: string): void {
        const link = this.#link;
        this.#link = undefined;
        this.#outbox.detach();
        link?.close(1000, reason);
    }

    #retryLater(atLeastMs = 0): void {
        const delay = Math.max(atLeastMs, backoffMs(this.#attempt++, this.clock.random()));
        this.#setState({ phase: "waiting", until: this.clock.now() + delay });
        this.#cancelRetry = this.clock.after(delay, () => this.retryNow());
    }

    #setState(state: ConnectionState): void {
        this.#state = state;
        this.events.emit("state", state);
    }
}
