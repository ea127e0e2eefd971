import { effect, signal, untracked } from "@preact/signals";
import type { ChatClient } from "../client/client";
import type { Clock } from "../client/clock";
import type { RoomState } from "./room";

/** Rooms may be busy; the server is told of what was read no more often than this. */
const TELL_EVERY_MS = 500;

/** What the person looks at, and so has read. */
export class Attention {
    /** The page is in front of somebody. */
    readonly isHere = signal(true);
    /** What was missed is still coming, and has not been seen by anybody. */
    readonly isCatchingUp = signal(true);
    readonly #wanted = new Map<string, number>();

    constructor(
        private readonly client: ChatClient,
        private readonly clock: Clock,
        private readonly shown: () => RoomState | undefined,
    ) {
        effect(() => {
            const room = this.#seen();
            if (room && room.unread.value.messages > 0) untracked(() => this.#read(room));
        });
    }

    sees(room: RoomState): boolean {
        return untracked(() => this.#seen() === room);
    }

    /** Soon, and of several numbers the last one. */
    tell(room: string, seq: number): void {
        const isPlanned = this.#wanted.has(room);
        this.#wanted.set(room, seq);
        if (isPlanned) return;
        this.clock.after(TELL_EVERY_MS, () => {
            const wanted = this.#wanted.get(room);
            this.#wanted.delete(room);
            if (wanted !== undefined) this.client.markRead(room, wanted);
        });
    }

    forget(): void {
        this.#wanted.clear();
    }

    #seen(): RoomState | undefined {
        const room = this.shown();
        return room && this.isHere.value && !this.isCatchingUp.value && room.isAtBottom.value ? room : undefined;
    }

    #read(room: RoomState): void {
        const seq = this.client.positions[room.name]?.seq;
        if (seq === undefined) return;
        room.onRead(seq);
        this.tell(room.name, seq);
    }
}
