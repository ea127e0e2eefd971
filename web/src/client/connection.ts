import { backoffMs } from "./backoff";
import type { Cancel, Clock } from "./clock";
import { endsSession, isToReturn } from "./close_codes";
import { decodeWelcome } from "./decode";
import { ChatError } from "./errors";
import type { Frame } from "./frame";
import type { CloseInfo } from "./link";
import { Link, SUBPROTOCOL } from "./link";
import type { SessionStore } from "./session";
import type { OpenSocket } from "./socket";
import type { ConnectionState, Hello, Positions, User, Welcome } from "./types";

/** Without the token of our session, the server holds our nick for a while after a cut. */
const GHOST_MS = 60_000;

/** A connection that ended sooner has not shown that the next one will be any better. */
const STEADY_MS = 5_000;

export interface ConnectionHandlers {
    onState(state: ConnectionState): void;
    onHello(hello: Hello): void;
    /** Before anything that the server sends behind it is looked at. */
    onWelcome(welcome: Welcome, link: Link, saidWhere: boolean): void;
    onEvent(frame: Frame): void;
    onLost(): void;
    onExpelled(error: ChatError): void;
    /** Up to where the rooms were seen. */
    positions(): Positions;
}

/** What one login asks for; another one has another. */
interface Identity {
    readonly nick: string;
}

/** Keeps a user logged in on one server, from link to link. */
export class Connection {
    #state: ConnectionState = { phase: "offline" };
    #link: Link | undefined;
    #identity: Identity | undefined;
    #user: User | undefined;
    #attempt = 0;
    #onlineSince = 0;
    #lostAt = 0;
    #cancelRetry: Cancel | undefined;

    constructor(
        private readonly url: string,
        private readonly openSocket: OpenSocket,
        private readonly clock: Clock,
        private readonly sessions: SessionStore,
        private readonly handlers: ConnectionHandlers,
    ) {}

    get state(): ConnectionState {
        return this.#state;
    }

    /** The one in use, when logged in. */
    get link(): Link | undefined {
        return this.#state.phase === "online" ? this.#link : undefined;
    }

    get nick(): string | undefined {
        return this.#identity?.nick;
    }

    /** Who this is, once it was logged in. */
    get user(): User | undefined {
        return this.#user;
    }

    /** Rejects with a ChatError, and does not try again by itself. After `nick_in_use` the link is kept for the next. */
    async logIn(nick: string): Promise<User> {
        if (this.#state.phase === "online" && this.#user && this.nick === nick) return this.#user;
        this.#cancelRetry?.();
        if (this.#state.phase !== "offline") this.#drop("another login");
        const identity = { nick };
        this.#identity = identity;
        this.#user = undefined;
        try {
            return await this.#establish(identity);
        } catch (error) {
            if (this.#identity === identity) this.#setState({ phase: "offline" });
            throw error;
        }
    }

    logOut(): void {
        this.#cancelRetry?.();
        this.#identity = undefined;
        this.#user = undefined;
        this.sessions.write(undefined);
        this.#drop("left");
        this.#setState({ phase: "offline" });
    }

    /** Ends the wait for the next try, also the endless one after the server had sent us away. */
    retryNow(): void {
        const isBusy = this.#state.phase === "connecting" || this.#state.phase === "online";
        const isInLine = this.#state.phase === "waiting" && this.#state.inLine;
        if (!this.#identity || !this.#user || isBusy || isInLine) return;
        this.#cancelRetry?.();
        void this.#resume(this.#identity);
    }

    async #establish(identity: Identity): Promise<User> {
        this.#setState({ phase: "connecting" });
        const link = this.#link ?? (await this.#connect());
        try {
            return await this.#logIn(link, identity);
        } catch (error) {
            // Only a refused nick may be followed by another one on the same connection.
            const isKept = error instanceof ChatError && error.code === "nick_in_use";
            if (!isKept && this.#link === link) this.#drop("not admitted");
            throw error;
        }
    }

    /** A server that is asked by too many gives each a turn, on the connection that asked. */
    async #logIn(link: Link, { nick }: Identity): Promise<User> {
        for (;;) {
            try {
                return await this.#askIn(link, nick);
            } catch (error) {
                if (!(error instanceof ChatError) || error.code !== "unavailable") throw error;
                const { retryAfterMs } = error.details;
                if (retryAfterMs === undefined) throw error;
                this.#setState({ phase: "waiting", until: this.clock.now() + retryAfterMs, inLine: true });
                await link.pause(retryAfterMs);
                this.#setState({ phase: "connecting" });
            }
        }
    }

    async #askIn(link: Link, nick: string): Promise<User> {
        const session = this.sessions.read();
        const isKnown = session?.nick === nick;
        const resume = isKnown ? { resume: { token: session.token, rooms: this.handlers.positions() } } : {};
        let user: User | undefined;
        await link.request({ type: "login", nick, ...resume }, (frame) => {
            const welcome = decodeWelcome(frame);
            user = welcome?.user;
            if (welcome) this.#onWelcome(welcome, link, nick, isKnown);
        });
        if (!user) throw new ChatError("internal", "The server's welcome names no user.");
        return user;
    }

    #onWelcome(welcome: Welcome, link: Link, nick: string, saidWhere: boolean): void {
        const { token, user } = welcome;
        this.sessions.write(token === undefined ? undefined : { nick, token });
        this.#user = user;
        this.#onlineSince = this.clock.now();
        // Whoever is told of it finds the rooms in place.
        this.#state = { phase: "online" };
        this.handlers.onWelcome(welcome, link, saidWhere);
        this.handlers.onState(this.#state);
    }

    #connect(): Promise<Link> {
        return new Promise((resolve, reject) => {
            const link = new Link(this.openSocket(this.url, SUBPROTOCOL), this.clock, {
                onHello: (hello) => {
                    this.handlers.onHello(hello);
                    resolve(link);
                },
                onEvent: (frame) => this.handlers.onEvent(frame),
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
        this.#user = undefined;
        this.#setState({ phase: "offline", reason: error.message });
        this.handlers.onExpelled(error);
    }

    #onClose({ code, reason }: CloseInfo): void {
        this.#link = undefined;
        if (this.#state.phase === "online") this.#onLoss();
        // A first login that fails is not tried again: whoever asked for it is told.
        if (!this.#user) return;
        if (endsSession(code)) this.sessions.write(undefined);
        if (isToReturn(code)) this.#retryLater();
        else this.#setState({ phase: "offline", reason: reason || "The server closed the connection." });
    }

    #onLoss(): void {
        this.#lostAt = this.clock.now();
        if (this.#lostAt - this.#onlineSince >= STEADY_MS) this.#attempt = 0;
        this.handlers.onLost();
    }

    /** Ends the link on our own account, so without the consequences of #onClose. */
    #drop(reason: string): void {
        const link = this.#link;
        this.#link = undefined;
        if (this.#state.phase === "online") this.handlers.onLost();
        link?.close(1000, reason);
    }

    #retryLater(atLeastMs = 0): void {
        const delay = Math.max(atLeastMs, backoffMs(this.#attempt++, this.clock.random()));
        this.#setState({ phase: "waiting", until: this.clock.now() + delay });
        this.#cancelRetry = this.clock.after(delay, () => this.retryNow());
    }

    #setState(state: ConnectionState): void {
        this.#state = state;
        this.handlers.onState(state);
    }
}
