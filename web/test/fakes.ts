import type { Cancel, Clock } from "../src/client/clock";
import type { Socket } from "../src/client/socket";

/** A clock that moves only when told to. */
export class FakeClock implements Clock {
    #now = 1_000_000;
    #timers: { at: number; run: () => void }[] = [];

    readonly now = (): number => this.#now;
    readonly random = (): number => 0.5;

    after(ms: number, run: () => void): Cancel {
        const timer = { at: this.#now + ms, run };
        this.#timers.push(timer);
        return () => (this.#timers = this.#timers.filter((other) => other !== timer));
    }

    async advance(ms: number): Promise<void> {
        const end = this.#now + ms;
        for (;;) {
            await settle();
            const next = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
            if (!next) break;
            this.#timers = this.#timers.filter((timer) => timer !== next);
            this.#now = next.at;
            next.run();
        }
        this.#now = end;
    }
}

/** Lets everything happen that needs no time. */
export function settle(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
}

export interface Sent {
    type: string;
    id?: string;
    [field: string]: unknown;
}

/** The server's end of a socket: keeps what the client sent, and says what the test wants. */
export class FakeSocket implements Socket {
    onmessage: Socket["onmessage"] = null;
    onclose: Socket["onclose"] = null;
    onerror: Socket["onerror"] = null;
    readonly sent: Sent[] = [];
    closedWith: number | undefined;

    send(data: string): void {
        this.sent.push(JSON.parse(data) as Sent);
    }

    close(code?: number): void {
        this.closedWith = code;
    }

    push(frame: object | string): void {
        const data = typeof frame === "string" ? frame : JSON.stringify(frame);
        this.onmessage?.({ data });
    }

    drop(code = 1006, reason = ""): void {
        this.onclose?.({ code, reason });
    }

    last(type: string): Sent {
        const frame = this.sent.filter((sent) => sent.type === type).at(-1);
        if (!frame) throw new Error(`the client sent no ${type}`);
        return frame;
    }

    count(type: string): number {
        return this.sent.filter((sent) => sent.type === type).length;
    }

    async answer(type: string, fields: object): Promise<void> {
        this.push({ type: "ok", id: this.last(type).id, ...fields });
        await settle();
    }

    async refuse(type: string, fields: object): Promise<void> {
        await this.answer(type, { type: "error", message: "no", ...fields });
    }
}

export const HELLO = {
    type: "hello",
    server: "chatd/test",
    protocol: 1,
    ping_interval: 25_000,
    limits: { message_bytes: 100, nick_bytes: 32 },
    auth: ["guest"],
    features: ["typing", "presence"],
};

/** The sockets that a client opened, in order. */
export class FakeServer {
    readonly sockets: FakeSocket[] = [];

    readonly open = (): Socket => {
        const socket = new FakeSocket();
        this.sockets.push(socket);
        return socket;
    };

    get socket(): FakeSocket {
        const socket = this.sockets.at(-1);
        if (!socket) throw new Error("no connection was opened");
        return socket;
    }

    async welcome(id = "u1", nick = "alice", fields: object = {}): Promise<void> {
        this.socket.push(HELLO);
        await settle();
        await this.socket.answer("login", { type: "welcome", user: { id, nick }, session: "s", rooms: [], ...fields });
    }

    async admit(fields: object = {}, welcome: object = {}): Promise<void> {
        await this.welcome("u1", "alice", welcome);
        await this.socket.answer("join", { room: "lobby", epoch: "e1", seq: 0, count: 1, ...fields });
    }
}
