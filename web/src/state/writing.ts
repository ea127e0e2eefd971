import { computed, signal } from "@preact/signals";
import type { ChatClient } from "../client/client";
import type { SentEntry } from "./timeline";

/** What the text in the composer will be when it is sent. `aside`: the draft that was there before the edit. */
export type Mode =
    | { readonly kind: "new" }
    | { readonly kind: "reply"; readonly to: SentEntry }
    | { readonly kind: "edit"; readonly of: SentEntry; readonly aside: string };

const NEW: Mode = { kind: "new" };

/** What is being written in each room: something new, an answer, or what a message should say. */
export class Writing {
    readonly #modes = signal<ReadonlyMap<string, Mode>>(new Map());
    readonly mode = computed(() => this.#modes.value.get(this.shown()) ?? NEW);

    constructor(
        private readonly client: ChatClient,
        private readonly shown: () => string,
    ) {}

    isEditing(room: string): boolean {
        return this.#modeOf(room).kind === "edit";
    }

    /** Answers the draft: an edit that was begun gives back what was there before. */
    reply(room: string, to: SentEntry, draft: string): string {
        const kept = this.cancel(room, draft);
        this.#set(room, { kind: "reply", to });
        return kept;
    }

    edit(room: string, of: SentEntry, draft: string): string {
        const aside = this.cancel(room, draft);
        this.#set(room, { kind: "edit", of, aside });
        return of.text;
    }

    cancel(room: string, draft: string): string {
        const mode = this.#modeOf(room);
        this.#set(room, NEW);
        return mode.kind === "edit" ? mode.aside : draft;
    }

    /** Answers what the composer has next. */
    send(room: string, text: string): string {
        const mode = this.#modeOf(room);
        if (mode.kind === "edit") {
            if (text !== mode.of.text) this.client.edit(room, mode.of.seq, text);
        } else {
            this.client.send({ room, text, ...(mode.kind === "reply" && { replyTo: mode.to.seq }) });
        }
        this.#set(room, NEW);
        return mode.kind === "edit" ? mode.aside : "";
    }

    #modeOf(room: string): Mode {
        return this.#modes.peek().get(room) ?? NEW;
    }

    #set(room: string, mode: Mode): void {
        const modes = new Map(this.#modes.peek());
        if (mode.kind === "new") modes.delete(room);
        else modes.set(room, mode);
        this.#modes.value = modes;
    }
}
