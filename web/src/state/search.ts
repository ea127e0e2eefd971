import { signal } from "@preact/signals";
import type { SearchPage, SearchRange } from "../client/calls";
import type { Clock } from "../client/clock";
import { ChatError } from "../client/errors";
import type { Message } from "../client/room_events";

export interface SearchSource {
    search(text: string, range: SearchRange): Promise<SearchPage>;
}

export type SearchStatus = "idle" | "searching" | "done" | "failed";

const PAGE = 30;
/** Not while somebody types on. */
const REST_MS = 250;

/** One search at a time: what an older question still answers is dropped. */
export class Search {
    readonly results = signal<readonly Message[]>([]);
    readonly status = signal<SearchStatus>("idle");
    readonly error = signal("");
    readonly hasMore = signal(false);
    #text = "";
    #room: string | undefined;
    #asked = 0;
    #cancel: (() => void) | undefined;

    constructor(
        private readonly source: SearchSource,
        private readonly clock: Clock,
    ) {}

    /** In one room, or in all that one is in. */
    ask(text: string, room: string | undefined): void {
        this.#cancel?.();
        this.#asked++;
        this.#text = text.trim();
        this.#room = room;
        if (this.#text === "") {
            this.results.value = [];
            this.hasMore.value = false;
            this.status.value = "idle";
            return;
        }
        this.status.value = "searching";
        this.#cancel = this.clock.after(REST_MS, () => void this.#fetch([]));
    }

    more(): Promise<void> {
        return this.#fetch(this.results.peek());
    }

    stop(): void {
        this.#cancel?.();
        this.#asked++;
    }

    async #fetch(known: readonly Message[]): Promise<void> {
        const asked = ++this.#asked;
        const before = known.at(-1)?.ts;
        const room = this.#room;
        this.status.value = "searching";
        try {
            const range = { limit: PAGE, ...(room !== undefined && { room }), ...(before !== undefined && { before }) };
            const { results, hasMore } = await this.source.search(this.#text, range);
            if (asked !== this.#asked) return;
            this.results.value = [...known, ...results];
            this.hasMore.value = hasMore;
            this.status.value = "done";
        } catch (error) {
            if (!(error instanceof ChatError)) throw error;
            if (asked !== this.#asked) return;
            this.error.value = error.message;
            this.status.value = "failed";
        }
    }
}

const WORDS = /[\p{L}\p{N}\p{M}]+/gu;

/** The text in pieces, every other one, from the second on, what a word of `query` matches at the begin of a word. */
export function splitMatches(text: string, query: string): string[] {
    const wanted = (query.match(WORDS) ?? []).map(fold);
    const pieces = [""];
    let end = 0;
    for (const match of text.matchAll(WORDS)) {
        const found = wanted.find((word) => fold(match[0]).startsWith(word));
        if (found === undefined) continue;
        pieces[pieces.length - 1] += text.slice(end, match.index);
        end = match.index + match[0].length;
        pieces.push(match[0], "");
    }
    pieces[pieces.length - 1] += text.slice(end);
    return pieces;
}

function fold(word: string): string {
    return word.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}
