import type { Clock } from "./clock";
import { ChatError } from "./errors";
import { number } from "./frame";
import type { Link } from "./link";
import type { Delivery, Outgoing } from "./types";

const TRIES = 3;
const LONGEST_HOLD_MS = 30_000;

export interface OutboxHandlers {
    onDelivered(delivery: Delivery): void;
    onRejected(cid: string, error: ChatError): void;
}

/**
 * Messages on their way, one at a time, so that they reach the room in the order in which they were written. A message
 * leaves the outbox only when the server confirmed or refused it; losing the connection keeps it for the next one.
 */
export class Outbox {
    readonly #queue = new Map<string, Outgoing>();
    #link: Link | undefined;
    #pumping = false;

    constructor(
        private readonly clock: Clock,
        private readonly handlers: OutboxHandlers,
    ) {}

    add(message: Outgoing): void {
        this.#queue.set(message.cid, message);
        void this.#pump();
    }

    /** The message was seen in the room: it needs no answer any more. */
    confirm(cid: string): void {
        this.#queue.delete(cid);
    }

    attach(link: Link): void {
        this.#link = link;
        void this.#pump();
    }

    detach(): void {
        this.#link = undefined;
    }

    clear(): void {
        this.#queue.clear();
    }

    async #pump(): Promise<void> {
        if (this.#pumping) return;
        this.#pumping = true;
        for (let next = this.#next(); next; next = this.#next()) await this.#deliver(next.message, next.link);
        this.#pumping = false;
    }

    #next(): { message: Outgoing; link: Link } | undefined {
        const message = this.#queue.values().next().value;
        return message && this.#link && { message, link: this.#link };
    }

    async #deliver(message: Outgoing, link: Link): Promise<void> {
        for (let tries = 1; this.#isCurrent(message, link); tries++) {
            try {
                const answer = await link.request({ type: "message", ...message });
                if (!this.#queue.delete(message.cid)) return;
                const seq = number(answer, "seq");
                const ts = number(answer, "ts");
                this.handlers.onDelivered({
                    cid: message.cid,
                    ...(seq !== undefined && { seq }),
                    ...(ts !== undefined && { ts }),
                });
                return;
            } catch (error) {
                if (!(error instanceof ChatError)) throw error;
                await this.#onFailure(message, link, error, tries);
            }
        }
    }

    /** Returns when the message may be tried again; what must not be is taken off the queue. */
    async #onFailure(message: Outgoing, link: Link, error: ChatError, tries: number): Promise<void> {
        if (error.code === "closed") return;
        const { retryAfterMs } = error.details;
        if (error.code === "timeout" && tries < TRIES) {
            await link.probe();
        } else if (retryAfterMs !== undefined && retryAfterMs <= LONGEST_HOLD_MS) {
            await new Promise<void>((resolve) => this.clock.after(retryAfterMs, resolve));
        } else if (this.#queue.delete(message.cid)) {
            this.handlers.onRejected(message.cid, error);
        }
    }

    #isCurrent(message: Outgoing, link: Link): boolean {
        return this.#link === link && this.#queue.get(message.cid) === message;
    }
}
