import type { Clock } from "./clock";
import { ChatError } from "./errors";
import { number } from "./frame";
import type { Link } from "./link";
import type { KeptQueue, OutboxStore, Queued } from "./queued";
import type { DurableRequest } from "./requests";
import { bodyOf } from "./requests";

/** A sent request that is not answered for so long is told to be unconfirmed. */
const UNCONFIRMED_MS = 3_000;

/** `seq` and `ts` are absent when nothing new came into the room by it: a command, or what was so already. */
export interface Delivery {
    readonly cid: string;
    readonly room: string;
    readonly seq?: number;
    readonly ts?: number;
}

export interface OutboxHandlers {
    onDelivered(delivery: Delivery): void;
    onRejected(request: DurableRequest, error: ChatError): void;
    onChanged(queued: Queued): void;
}

/**
 * Requests on their way, one at a time in each room, so that they get there in the order in which they were made. One
 * leaves the outbox only when the server confirmed it or somebody discarded it; losing the connection, or the page,
 * keeps it for the next one. What was refused stays, and lets the others pass.
 */
export class Outbox {
    readonly #queue = new Map<string, Queued>();
    readonly #links = new Map<string, Link>();
    readonly #pumping = new Set<string>();
    #nick: string | undefined;

    constructor(
        private readonly clock: Clock,
        private readonly store: OutboxStore,
        private readonly longestHoldMs: number,
        private readonly handlers: OutboxHandlers,
    ) {
        this.#read(store.read());
    }

    get queued(): Queued[] {
        return [...this.#queue.values()];
    }

    /** Whose requests these are. Those of somebody else are forgotten. */
    belongTo(nick: string): void {
        if (this.#nick !== undefined && this.#nick !== nick) this.#queue.clear();
        this.#nick = nick;
        this.#write();
    }

    add(request: DurableRequest): void {
        this.#queue.set(request.cid, { request, status: "pending" });
        this.#write();
        this.#tell(request.cid);
        void this.#pump(request.room);
    }

    /** Sends what was refused once more, behind all others. */
    retry(cid: string): void {
        const queued = this.#queue.get(cid);
        if (queued?.status !== "failed") return;
        this.#queue.delete(cid);
        this.add(queued.request);
    }

    /** What is on the wire may get there all the same. */
    discard(cid: string): void {
        if (this.#queue.delete(cid)) this.#write();
    }

    /** It was seen in the room: it needs no answer any more. */
    confirm(delivery: Delivery): void {
        const queued = this.#queue.get(delivery.cid);
        if (queued?.request.room !== delivery.room) return;
        this.discard(delivery.cid);
        this.handlers.onDelivered(delivery);
    }

    /** Requests for this room can go by `link` from now on. */
    open(room: string, link: Link): void {
        this.#links.set(room, link);
        void this.#pump(room);
    }

    close(room: string): void {
        this.#links.delete(room);
    }

    closeAll(): void {
        this.#links.clear();
    }

    /** Nothing gets into this room any more. */
    refuseAll(room: string, error: ChatError): void {
        this.close(room);
        for (const { request, status } of this.queued)
            if (request.room === room && status !== "failed") this.#reject(request, error);
    }

    clear(): void {
        this.#queue.clear();
        this.#nick = undefined;
        this.store.write(undefined);
    }

    async #pump(room: string): Promise<void> {
        if (this.#pumping.has(room)) return;
        this.#pumping.add(room);
        for (let next = this.#next(room); next; next = this.#next(room)) await this.#deliver(next.request, next.link);
        this.#pumping.delete(room);
    }

    #next(room: string): { request: DurableRequest; link: Link } | undefined {
        const link = this.#links.get(room);
        if (!link) return undefined;
        for (const { request, status } of this.#queue.values())
            if (request.room === room && status !== "failed") return { request, link };
        return undefined;
    }

    async #deliver(request: DurableRequest, link: Link): Promise<void> {
        while (this.#isCurrent(request, link)) {
            this.#setStatus(request, "sent");
            const cancel = this.clock.after(UNCONFIRMED_MS, () => this.#setStatus(request, "unconfirmed"));
            try {
                const answer = await link.request(bodyOf(request));
                this.#onAnswer(request, number(answer, "seq"), number(answer, "ts"));
            } catch (error) {
                if (!(error instanceof ChatError)) throw error;
                await this.#onFailure(request, link, error);
            } finally {
                cancel();
            }
        }
    }

    #onAnswer({ cid, room }: DurableRequest, seq: number | undefined, ts: number | undefined): void {
        this.confirm({ cid, room, ...(seq !== undefined && { seq }), ...(ts !== undefined && { ts }) });
    }

    /** Returns when the request may be tried again; what must not be is refused. */
    async #onFailure(request: DurableRequest, link: Link, error: ChatError): Promise<void> {
        const { retryAfterMs } = error.details;
        if (error.code === "closed") {
            this.#setStatus(request, "unconfirmed");
        } else if (error.code === "timeout") {
            this.#setStatus(request, "unconfirmed");
            await link.probe();
        } else if (retryAfterMs !== undefined && retryAfterMs <= this.longestHoldMs) {
            this.#setStatus(request, "pending");
            // When the link ends meanwhile, the next one takes over.
            await link.pause(retryAfterMs).catch(() => {});
        } else {
            this.#reject(request, error);
        }
    }

    #reject(request: DurableRequest, error: ChatError): void {
        if (this.#queue.get(request.cid)?.request !== request) return;
        const { code, message } = error;
        this.#queue.set(request.cid, { request, status: "failed", error: { code, message } });
        this.#write();
        this.#tell(request.cid);
        this.handlers.onRejected(request, error);
    }

    /** Whether this is still what is to be sent next, by this link. */
    #isCurrent(request: DurableRequest, link: Link): boolean {
        return this.#next(request.room)?.request === request && this.#links.get(request.room) === link;
    }

    #setStatus(request: DurableRequest, status: "pending" | "sent" | "unconfirmed"): void {
        const queued = this.#queue.get(request.cid);
        if (queued?.request !== request || queued.status === "failed" || queued.status === status) return;
        this.#queue.set(request.cid, { request, status });
        this.#tell(request.cid);
    }

    #tell(cid: string): void {
        const queued = this.#queue.get(cid);
        if (queued) this.handlers.onChanged(queued);
    }

    #read(kept: KeptQueue | undefined): void {
        this.#nick = kept?.nick;
        for (const queued of kept?.queue ?? []) this.#queue.set(queued.request.cid, queued);
    }

    #write(): void {
        if (this.#nick === undefined) return;
        const isEmpty = this.#queue.size === 0;
        this.store.write(isEmpty ? undefined : { nick: this.#nick, queue: this.queued });
    }
}
