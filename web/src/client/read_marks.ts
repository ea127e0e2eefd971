import { ChatError } from "./errors";
import type { Link } from "./link";

interface Mark {
    /** What the server has. */
    known: number;
    wanted: number;
}

/** Up to where this user has read each room. It only goes up; what cannot be told now is told later. */
export class ReadMarks {
    readonly #marks = new Map<string, Mark>();
    readonly #links = new Map<string, Link>();

    mark(room: string, seq: number): void {
        const mark = this.#get(room);
        if (seq <= mark.wanted) return;
        mark.wanted = seq;
        void this.#tell(room, mark);
    }

    /** The server, or another session, says so. */
    learn(room: string, seq: number): void {
        const mark = this.#get(room);
        mark.known = Math.max(mark.known, seq);
        mark.wanted = Math.max(mark.wanted, seq);
    }

    open(room: string, link: Link): void {
        this.#links.set(room, link);
        const mark = this.#marks.get(room);
        if (mark) void this.#tell(room, mark);
    }

    close(room: string): void {
        this.#links.delete(room);
        this.#marks.delete(room);
    }

    closeAll(): void {
        this.#links.clear();
    }

    clear(): void {
        this.#links.clear();
        this.#marks.clear();
    }

    #get(room: string): Mark {
        const known = this.#marks.get(room);
        if (known) return known;
        const mark = { known: 0, wanted: 0 };
        this.#marks.set(room, mark);
        return mark;
    }

    /** A mark that is refused for good is given up: there will be a higher one. */
    async #tell(room: string, mark: Mark): Promise<void> {
        const link = this.#links.get(room);
        if (!link || mark.wanted <= mark.known) return;
        const seq = mark.wanted;
        try {
            await link.request({ type: "read", room, seq });
        } catch (error) {
            if (!(error instanceof ChatError)) throw error;
            const { retryAfterMs } = error.details;
            if (error.code === "closed") return;
            if (retryAfterMs !== undefined) {
                await link.pause(retryAfterMs).catch(() => {});
                return this.#tell(room, mark);
            }
        }
        mark.known = Math.max(mark.known, seq);
    }
}
