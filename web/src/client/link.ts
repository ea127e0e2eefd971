import type { Cancel, Clock } from "./clock";
import { decodeHello } from "./decode";
import { ChatError } from "./errors";
import type { Frame } from "./frame";
import { parseFrame, string } from "./frame";
import type { Hello } from "./types";

export const SUBPROTOCOL = "chatd.v1";
export const ANSWER_MS = 10_000;

/** Our own close code for a peer that fell silent; the server uses the same number for the same reason. */
export const CLOSE_SILENT = 4001;

/** The part of a WebSocket that a link needs. */
export type Socket = Pick<WebSocket, "onmessage" | "onclose" | "send" | "close">;

export type OpenSocket = (url: string, subprotocol: string) => Socket;

export interface CloseInfo {
    readonly code: number;
    readonly reason: string;
}

interface Waiting {
    resolve(answer: Frame): void;
    reject(error: ChatError): void;
    cancelTimeout: Cancel;
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
        this.#cancelTimer = clock.after(ANSWER_MS, () => this.close(CLOSE_SILENT, "no hello"));
    }

    request(body: { type: string; [field: string]: unknown }, timeoutMs = ANSWER_MS): Promise<Frame> {
        return new Promise((resolve, reject) => {
            if (!this.#open) {
                reject(new ChatError("closed", "The connection is closed."));
                return;
            }
            const id = String(this.#nextId++);
            const cancelTimeout = this.clock.after(timeoutMs, () => {
                this.#waiting.delete(id);
                reject(new ChatError("timeout", "The server did not answer."));
            });
            this.#waiting.set(id, { resolve, reject, cancelTimeout });
            this.send({ ...body, id });
        });
    }

    send(body: { type: string; [field: string]: unknown }): void {
        if (this.#open) this.socket.send(JSON.stringify(body));
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
        waiting.cancelTimeout();
        if (frame.type === "error") waiting.reject(ChatError.fromFrame(frame));
        else waiting.resolve(frame);
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
            waiting.cancelTimeout();
            waiting.reject(error);
        }
        this.#waiting.clear();
        this.handlers.onClose(info);
    }
}
