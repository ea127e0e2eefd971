import type { Socket } from "../src/client/socket";
import { HELLO } from "./fakes";
import type { Json, ModelUser } from "./model_room";
import { ModelRoom } from "./model_room";

export interface ModelOptions {
    readonly history: boolean;
    /** So many events of a room are kept for who comes back. */
    readonly keep: number;
    /** Most events of an answer to `history`. */
    readonly page?: number;
}

/** The server's end of a connection. What it sends waits until it is flushed; a cut loses it. */
export class ModelSocket implements Socket {
    onmessage: Socket["onmessage"] = null;
    onclose: Socket["onclose"] = null;
    onerror: Socket["onerror"] = null;
    user: ModelUser | undefined;
    isOpen = true;
    readonly #waiting: Json[] = [];

    constructor(private readonly server: ModelServer) {}

    send(data: string): void {
        if (this.isOpen) this.server.onRequest(this, JSON.parse(data) as Json);
    }

    close(): void {
        this.isOpen = false;
    }

    push(frame: Json): void {
        this.#waiting.push(frame);
        // Twice is more often than ever happens, and must not be seen.
        if (frame["seq"] !== undefined && frame["id"] === undefined && this.server.chance() < this.server.doubling)
            this.#waiting.push(frame);
    }

    /** Delivers `n` frames, all in one go. */
    flush(n = Infinity): void {
        for (let i = 0; i < n && this.#waiting.length > 0 && this.isOpen; i++)
            this.onmessage?.({ data: JSON.stringify(this.#waiting.shift()) });
    }

    cut(code = 1006): void {
        if (!this.isOpen) return;
        this.isOpen = false;
        this.onclose?.({ code, reason: "" });
    }
}

/** A chat server that keeps the protocol, over connections that break whenever the test wants. */
export class ModelServer {
    readonly rooms = new Map<string, ModelRoom>();
    readonly #users = new Map<string, ModelUser>();
    #sockets: ModelSocket[] = [];
    #awake = new Set<ModelUser>();
    #n = 0;
    doubling = 0;

    constructor(
        readonly options: ModelOptions,
        readonly chance: () => number,
        private readonly now: () => number,
    ) {}

    readonly open = (): Socket => {
        const socket = new ModelSocket(this);
        this.#sockets.push(socket);
        const features = [...HELLO.features, ...(this.options.history ? ["history"] : [])];
        socket.push({ ...HELLO, features });
        return socket;
    };

    flush(n?: number): void {
        for (const socket of [...this.#sockets]) socket.flush(n);
    }

    cut(): void {
        for (const socket of this.#sockets) socket.cut();
        this.#sockets = [];
    }

    /** A crash: nothing is left but what a store has. */
    restart(): void {
        this.cut();
        this.#awake.clear();
        for (const room of this.rooms.values()) {
            room.members.clear();
            room.forgetKept();
        }
        if (!this.options.history) this.rooms.clear();
    }

    /** All are gone for so long that their sessions are over. */
    forgetSessions(): void {
        this.cut();
        this.#awake.clear();
        for (const room of this.rooms.values()) room.members.clear();
    }

    room(name: string): ModelRoom {
        let room = this.rooms.get(name);
        if (!room) this.rooms.set(name, (room = new ModelRoom(name, `e${++this.#n}`, this.options.keep)));
        return room;
    }

    /** Somebody in the room did it; the sender's own sessions are told the cid. */
    tell(name: string, from: ModelUser, request: Json): Json {
        const room = this.room(name);
        const event = room.add(from, request, this.now());
        for (const socket of this.#sockets) {
            if (!socket.user || !room.members.has(socket.user)) continue;
            socket.push(socket.user === from ? { ...event, cid: request["cid"] } : event);
        }
        return event;
    }

    onRequest(socket: ModelSocket, request: Json): void {
        const answer = (frame: Json) => socket.push({ type: "ok", id: request["id"], ...frame });
        const room = this.room(String(request["room"]));
        const isMember = socket.user !== undefined && room.members.has(socket.user);
        switch (request["type"]) {
            case "login":
                return this.#onLogin(socket, request);
            case "ping":
                return answer({});
            case "join":
                if (socket.user) room.members.add(socket.user);
                return answer(room.state());
            case "leave":
                if (socket.user) room.members.delete(socket.user);
                return answer({ room: room.name });
            case "history": {
                if (request["epoch"] !== room.epoch) return answer({ type: "error", code: "unrecoverable", message: "" });
                const limit = Math.min(this.options.page ?? 200, Number(request["limit"]));
                return answer(room.page(Number(request["after"]), limit));
            }
            default:
                if (!isMember) return answer({ type: "error", code: "forbidden", message: "not a member" });
                return answer(this.#take(socket.user!, room, request));
        }
    }

    #take(user: ModelUser, room: ModelRoom, request: Json): Json {
        const former = room.former(user, request["cid"]);
        if (former) return former;
        const { seq, ts } = this.tell(room.name, user, request);
        return { room: room.name, seq, ts };
    }

    #onLogin(socket: ModelSocket, { id, nick, resume }: Json): void {
        const { token, rooms: positions } = (resume ?? {}) as { token?: string; rooms?: Json };
        // With a store a user is known for longer than his session.
        const known = token === undefined ? undefined : this.#users.get(token);
        const isAwake = known !== undefined && this.#awake.has(known);
        const user = known && (isAwake || this.options.history) ? known : { id: `u${++this.#n}`, nick: String(nick) };
        const next = `t${++this.#n}`;
        this.#users.set(next, user);
        this.#awake.add(user);
        const rooms = [...this.rooms.values()].filter(({ members }) => members.has(user));
        const missed = rooms.map((room) => this.#missed(room, positions?.[room.name] as Json | undefined));
        const told = rooms.map((room, i) => ({ ...room.state(), recovered: missed[i] !== undefined }));
        socket.user = user;
        socket.push({ type: "welcome", id, user, resume_token: next, resumed: isAwake, rooms: told });
        for (const event of missed.flatMap((events) => events ?? [])) socket.push(event);
        if (resume !== undefined) socket.push({ type: "caught_up" });
    }

    #missed(room: ModelRoom, position: Json | undefined): Json[] | undefined {
        return position?.["epoch"] === room.epoch ? room.missed(Number(position["seq"])) : undefined;
    }
}
