export type Json = Record<string, unknown>;

export interface ModelUser {
    readonly id: string;
    readonly nick: string;
}

/** A room of the model server: its log, and who is in it. */
export class ModelRoom {
    readonly log: Json[] = [];
    readonly members = new Set<ModelUser>();
    readonly #cids = new Map<string, Json>();
    /** Where the part of the log begins that coming back is served from. */
    #keptFrom = 0;
    /** Nothing up to this number is there any more. */
    #removedUpTo = 0;

    constructor(
        readonly name: string,
        public epoch: string,
        private readonly keep: number,
    ) {}

    get seq(): number {
        return this.log.length;
    }

    state(): Json {
        return { room: this.name, epoch: this.epoch, seq: this.seq, count: this.members.size };
    }

    /** What came behind `after`, if all of it is kept. */
    missed(after: number): Json[] | undefined {
        const first = Math.max(this.#keptFrom, this.seq - this.keep);
        return after < first || after > this.seq ? undefined : this.log.slice(after);
    }

    forgetKept(): void {
        this.#keptFrom = this.seq;
    }

    removeUpTo(seq: number): void {
        this.#removedUpTo = seq;
    }

    /** The answer to a request that was answered before. */
    former(user: ModelUser, cid: unknown): Json | undefined {
        return this.#cids.get(`${user.id} ${String(cid)}`);
    }

    add(user: ModelUser, { type, cid, text, target, key, op }: Json, ts: number): Json {
        const event = { type, room: this.name, seq: this.seq + 1, ts, from: user, text, target, key, op };
        this.log.push(event);
        if (cid !== undefined) this.#cids.set(`${user.id} ${String(cid)}`, { room: this.name, seq: event.seq, ts });
        return event;
    }

    /** Messages as they are now, as the protocol has it. */
    page(after: number, limit: number): Json {
        const from = Math.max(after, this.#removedUpTo);
        const events = this.log.slice(from, from + limit).map((event) => this.#asItIs(event));
        const { name, epoch, seq } = this;
        const first_seq = this.#removedUpTo + 1;
        return { room: name, epoch, seq, first_seq, events, has_more: from + limit < seq };
    }

    #asItIs(event: Json): Json {
        const about = this.log.filter(({ target }) => target === event["seq"]);
        if (event["type"] !== "message") return event;
        if (about.some(({ type }) => type === "delete")) return { ...event, text: undefined, deleted: true };
        const edit = about.filter(({ type }) => type === "edit").at(-1);
        return edit ? { ...event, text: edit["text"], edited: { seq: edit["seq"], ts: edit["ts"] } } : event;
    }
}
