import type { Cancel, Clock } from "./clock";
import { CLOSE_SILENT } from "./close_codes";
import { decodeHello } from "./decode";
import { ChatError } from "./errors";
import type { Frame } from "./frame";
import { parseFrame, string } from "./frame";
import type { Socket } from "./socket";
import type { Hello } from "./types";

export const SUBPROTOCOL = "chatd.v1";
export const ANSWER_MS = 10_000;

export interface CloseInfo {
    readonly code: number;
    readonly reason: string;
}

export interface Body {
    readonly type: string;
    readonly [field: string]: unknown;
}

interface Waiting {
    readonly onOk: ((answer: Frame) => void) | undefined;
    readonly cancelTimer: Cancel;
    resolve(answer: Frame): void;
    reject(error: ChatError): void;
}

export interface LinkHandlers {
    onHello(hello: Hello): void;
    onEvent(frame: Frame): void;
    onClose(info: CloseInfo): void;
}

/** One connection, from the socket's opening to its end: matches answers to requests and notices a silent peer. */
export class Link {
    readonly #waiting = new Map<string, Waiting>();
    #nextId = 1;
    #heard = false;
    #open = true;
    #cancelTimer: Cancel;

    constructor(
        private readonly socket: Socket,
        private readonly clock: Clock,
        private readonly handlers: LinkHandlers,
    ) {
        socket.onmessage = (event) => this.#onData(event.data);
        socket.onclose = (event) => this.#end({ code: event.code, reason: event.reason });
        // A close follows, which tells more; but `ws` throws what nobody listens to.
        socket.onerror = () => {};
        this.#cancelTimer = clock.after(ANSWER_MS, () => this.close(CLOSE_SILENT, "no hello"));
    }

    /**
     * Resolves with the answer, or rejects with a ChatError. `onOk` is called before any later frame is looked at,
     * which a promise cannot promise.
     */
    request(body: Body, onOk?: (answer: Frame) => void): Promise<Frame> {
        return new Promise((resolve, reject) => {
            const id = String(this.#nextId++);
            const cancelTimer = this.clock.after(ANSWER_MS, () => {
                this.#waiting.delete(id);
                reject(new ChatError("timeout", "The server did not answer."));
            });
            this.#wait(id, { onOk, cancelTimer, resolve, reject });
            this.send({ ...body, id });
        });
    }

    send(body: Body): void {
        if (this.#open) this.socket.send(JSON.stringify(body));
    }

    /** Resolves after `ms`, and rejects when the link ends before. */
    pause(ms: number): Promise<void> {
        return new Promise((resolve, reject) => {
            const id = `pause ${this.#nextId++}`;
            const cancelTimer = this.clock.after(ms, () => {
                this.#waiting.delete(id);
                resolve();
            });
            this.#wait(id, { onOk: undefined, cancelTimer, resolve: () => resolve(), reject });
        });
    }

    /** Asks the server for a sign of life, and closes the link when none comes. */
    async probe(): Promise<void> {
        try {
            await this.request({ type: "ping" });
        } catch (error) {
            // An error answer is a sign of life, too.
            if (error instanceof ChatError && error.code === "timeout") this.close(CLOSE_SILENT, "no answer to ping");
        }
    }

    /** Ends the link at once: a socket whose network is gone would take minutes to report its own end. */
    close(code: number, reason: string): void {
        if (!this.#open) return;
        this.socket.close(code, reason);
        this.#end({ code, reason });
    }

    #wait(id: string, waiting: Waiting): void {
        if (this.#open) {
            this.#waiting.set(id, waiting);
        } else {
            waiting.cancelTimer();
            waiting.reject(new ChatError("closed", "The connection is closed."));
        }
    }

    #onData(data: unknown): void {
        const frame = parseFrame(data);
        if (!frame) return;
        this.#heard = true;
        const id = string(frame, "id");
        if (frame.type === "hello") this.#onHello(decodeHello(frame));
        else if (id !== undefined) this.#onAnswer(id, frame);
        else this.handlers.onEvent(frame);
    }

    #onHello(hello: Hello): void {
        this.#cancelTimer();
        this.#keepAlive(hello.pingIntervalMs);
        this.handlers.onHello(hello);
    }

    #onAnswer(id: string, frame: Frame): void {
        const waiting = this.#waiting.get(id);
        if (!waiting) return;
        this.#waiting.delete(id);
        waiting.cancelTimer();
        if (frame.type === "error") {
            waiting.reject(ChatError.fromFrame(frame));
            return;
        }
        waiting.onOk?.(frame);
        waiting.resolve(frame);
    }

    #keepAlive(intervalMs: number): void {
        this.#heard = false;
        this.#cancelTimer = this.clock.after(intervalMs, () => {
            if (!this.#heard) void this.probe();
            this.#keepAlive(intervalMs);
        });
    }

    #end(info: CloseInfo): void {
        if (!this.#open) return;
        this.#open = false;
        this.socket.onmessage = null;
        this.socket.onclose = null;
        this.#cancelTimer();
        const error = new ChatError("closed", info.reason || "The connection was lost.", { closeCode: info.code });
        for (const waiting of this.#waiting.values()) {
            waiting.cancelTimer();
            waiting.reject(error);
        }
        this.#waiting.clear();
        this.handlers.onClose(info);
    }
}
