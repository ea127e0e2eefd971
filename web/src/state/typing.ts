import type { Typing, TypingState } from "../client/types";

/** A little longer than the server's own expiry, which comes first while the connection is well. */
export const TYPING_EXPIRES_MS = 7_000;
const ACTIVE_EVERY_MS = 3_000;

export interface Typist {
    readonly id: string;
    readonly nick: string;
    readonly until: number;
}

export type Typists = readonly Typist[];

export function applyTyping(typists: Typists, { user, state }: Typing, now: number): Typists {
    if (state !== "active") return clearTypist(typists, user.id);
    const typist = { id: user.id, nick: user.nick, until: now + TYPING_EXPIRES_MS };
    const isKnown = typists.some(({ id }) => id === user.id);
    return isKnown ? typists.map((other) => (other.id === user.id ? typist : other)) : [...typists, typist];
}

export function clearTypist(typists: Typists, id: string): Typists {
    return typists.some((typist) => typist.id === id) ? typists.filter((typist) => typist.id !== id) : typists;
}

export function expireTypists(typists: Typists, now: number): Typists {
    return typists.some(({ until }) => until <= now) ? typists.filter(({ until }) => until > now) : typists;
}

export function describeTypists(typists: Typists): string {
    const [first, second] = typists;
    if (!first) return "";
    if (!second) return `${first.nick} is typing`;
    if (typists.length === 2) return `${first.nick} and ${second.nick} are typing`;
    return "several people are typing";
}

/** Decides what the server hears about our own typing. */
export class TypingReporter {
    #activeAt: number | undefined;

    constructor(
        private readonly now: () => number,
        private readonly report: (state: TypingState) => void,
    ) {}

    onInput(text: string): void {
        if (text === "") {
            if (this.#activeAt !== undefined) this.report("done");
            this.#activeAt = undefined;
            return;
        }
        const now = this.now();
        if (this.#activeAt !== undefined && now - this.#activeAt < ACTIVE_EVERY_MS) return;
        this.#activeAt = now;
        this.report("active");
    }

    /** The server clears the indicator by itself when the message arrives. */
    onSent(): void {
        this.#activeAt = undefined;
    }
}
