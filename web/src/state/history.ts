import { signal } from "@preact/signals";
import type { HistoryPage } from "../client/catch_up";
import type { HistoryRange } from "../client/calls";
import type { Clock } from "../client/clock";
import { ChatError } from "../client/errors";
import type { MessageChange } from "../client/room_events";
import type { Position } from "../client/types";

/** Whether there is more above. `broken`: it could not be had, and somebody has to ask again. */
export type Older = "none" | "more" | "loading" | "broken";

export interface HistorySource {
    history(room: string, range: HistoryRange): Promise<HistoryPage>;
}

export const PAGE = 50;
const LARGEST_PAGE = 200;

/** Goes back in one room, page by page. */
export class RoomHistory {
    readonly older = signal<Older>("none");
    #before: Position | undefined;
    /** Changes that came while a page was on its way, and may be about messages of it. */
    #late: MessageChange[] = [];

    constructor(
        private readonly room: string,
        private readonly source: HistorySource,
        private readonly clock: Clock,
        private readonly onPage: (page: HistoryPage, late: readonly MessageChange[]) => void,
    ) {}

    /** The room's log is known to go up to here; what is behind it comes by itself. */
    begin({ epoch, seq }: Position): void {
        this.#before = { epoch, seq: seq + 1 };
        this.older.value = seq > 0 ? "more" : "none";
    }

    end(): void {
        this.#before = undefined;
        this.older.value = "none";
    }

    get hasBegun(): boolean {
        return this.#before !== undefined;
    }

    onChange(change: MessageChange): void {
        if (this.older.peek() === "loading") this.#late.push(change);
    }

    async load(limit = PAGE): Promise<void> {
        const before = this.#before;
        if (!before || this.older.peek() === "none" || this.older.peek() === "loading") return;
        this.older.value = "loading";
        this.#late = [];
        try {
            const { epoch, seq } = before;
            const range = { epoch, before: seq, limit: Math.min(LARGEST_PAGE, Math.max(PAGE, limit)) };
            const page = await this.source.history(this.room, range);
            if (this.#before === before) this.#onPage(page);
        } catch (error) {
            if (!(error instanceof ChatError)) throw error;
            if (this.#before === before) this.#onFailure(error);
        }
    }

    #onPage(page: HistoryPage): void {
        const [first] = page.events;
        if (first) this.#before = { epoch: page.epoch, seq: first.seq };
        this.onPage(page, this.#late);
        this.older.value = first && page.hasMore ? "more" : "none";
    }

    #onFailure({ code, details }: ChatError): void {
        if (code === "unrecoverable") this.end();
        // Asked again as soon as there is a connection.
        else if (code === "closed") this.older.value = "more";
        else if (details.retryAfterMs === undefined) this.older.value = "broken";
        else
            this.clock.after(details.retryAfterMs, () => {
                if (this.older.peek() === "loading") this.older.value = "more";
            });
    }
}
