import { batch, computed, signal } from "@preact/signals";
import type { ChatClient } from "../client/client";
import type { Clock } from "../client/clock";
import { ChatError } from "../client/errors";
import type { ClientEvents } from "../client/events";
import type { Queued } from "../client/queued";
import type { Message, MessageChange } from "../client/room_events";
import type { ConnectionState, Gap, Hello, Joined, Typing, User } from "../client/types";
import { applyPresence, NOBODY, peopleOf, sortPeople } from "./people";
import type { People } from "./people";
import { byteLength } from "./text";
import { addGap, addMessage, addNotice, addPending, change, confirm, discard, fail } from "./timeline";
import type { MessageEntry, Timeline } from "./timeline";
import { applyTyping, clearTypist, expireTypists, TYPING_EXPIRES_MS, TypingReporter } from "./typing";
import type { Typists } from "./typing";

export interface JoinError {
    readonly message: string;
    readonly suggestion?: string;
}

export interface JoinDialogState {
    readonly open: boolean;
    readonly busy: boolean;
    readonly error?: JoinError;
}

/** Of the events that name a room. */
type RoomEventName = {
    [Name in keyof ClientEvents]: ClientEvents[Name] extends { readonly room: string } ? Name : never;
}[keyof ClientEvents];

/** What the page shows, and what a person can do on it. Knows the client, not the DOM. */
export class ChatApp {
    readonly connection = signal<ConnectionState>({ phase: "offline" });
    readonly dialog = signal<JoinDialogState>({ open: true, busy: false });
    readonly hello = signal<Hello | undefined>(undefined);
    readonly me = signal<User | undefined>(undefined);
    readonly room = signal("");
    readonly timeline = signal<Timeline>([]);
    readonly people = signal<People>(NOBODY);
    readonly typists = signal<Typists>([]);
    readonly draft = signal("");
    /** Counts what others added to the timeline, so that a view can tell how much is new to it. */
    readonly received = signal(0);
    readonly sent = signal(0);

    readonly sortedPeople = computed(() => sortPeople(this.people.value.members?.values() ?? [], this.me.value?.id));
    readonly hasPresence = computed(() => this.#hasFeature("presence"));
    readonly hasTyping = computed(() => this.#hasFeature("typing"));
    readonly messageBytes = computed(() => this.hello.value?.limits.messageBytes ?? Infinity);
    readonly bytesLeft = computed(() => this.messageBytes.value - byteLength(this.draft.value.trim()));
    readonly canSend = computed(() => this.draft.value.trim() !== "" && this.bytesLeft.value >= 0);

    readonly #typing: TypingReporter;
    #epoch = "";
    #nextKey = 1;

    constructor(
        private readonly client: ChatClient,
        private readonly clock: Clock,
    ) {
        this.#typing = new TypingReporter(clock.now, (state) => {
            if (this.hasTyping.value) client.typing(this.room.value, state);
        });
        const { events } = client;
        events.on("state", (state) => {
            this.connection.value = state;
            if (state.phase !== "online") this.typists.value = [];
        });
        events.on("hello", (hello) => (this.hello.value = hello));
        events.on("welcome", ({ user }) => (this.me.value = user));
        events.on("expelled", (error) => this.#openDialog(error));
        this.#listen();
    }

    /** To what is about the room that is shown. The user may be in others. */
    #listen(): void {
        const here = <Name extends RoomEventName>(name: Name, run: (event: ClientEvents[Name]) => void) =>
            this.client.events.on(name, (event) => {
                if (event.room === this.room.value) batch(() => run(event));
            });
        here("joined", (joined) => this.#onJoined(joined));
        here("left", ({ error }) => this.#openDialog(error));
        here("kicked", ({ reason }) => this.#openDialog(new Error(reason || "You were removed from the room.")));
        here("gap", (gap) => this.#onGap(gap));
        here("message", (message) => this.#onMessage(message));
        for (const name of ["edit", "delete", "reaction"] as const) here(name, (news) => this.#onChange(news));
        here("notice", (notice) => {
            this.timeline.value = addNotice(this.timeline.value, notice, this.#newKey(), this.clock.now());
            this.received.value++;
        });
        here("delivered", (delivery) => {
            this.timeline.value = confirm(this.timeline.value, delivery, this.#epoch);
        });
        here("presence", (presence) => {
            this.people.value = applyPresence(this.people.value, presence);
            for (const user of presence.left) this.typists.value = clearTypist(this.typists.value, user.id);
        });
        here("typing", (typing) => this.#onTyping(typing));
        this.client.events.on("rejected", ({ request, error }) => {
            this.timeline.value = fail(this.timeline.value, request.cid, error.message);
        });
    }

    async join(nick: string): Promise<void> {
        this.dialog.value = { open: true, busy: true };
        try {
            await this.client.enter(nick, this.room.value);
            this.dialog.value = { open: false, busy: false };
        } catch (error) {
            if (!(error instanceof ChatError)) throw error;
            this.#openDialog(error);
        }
    }

    leave(): void {
        this.client.logOut();
        batch(() => {
            this.timeline.value = [];
            this.people.value = NOBODY;
            this.me.value = undefined;
            this.dialog.value = { open: true, busy: false };
        });
    }

    retryConnection(): void {
        this.client.retryNow();
    }

    write(text: string): void {
        this.draft.value = text;
        this.#typing.onInput(text);
    }

    sendDraft(): void {
        if (!this.canSend.value) return;
        const text = this.draft.value.trim();
        this.#addPending(this.client.send({ room: this.room.value, text }), text);
        this.draft.value = "";
        this.#typing.onSent();
    }

    /** Sends a failed message once more: the same cid, so that it cannot appear twice. */
    retry(entry: MessageEntry): void {
        this.#addPending(entry.key, entry.text);
        this.client.retry(entry.key);
    }

    /** Takes a failed message back into the composer, in front of what is being written there. */
    edit(entry: MessageEntry): void {
        this.discard(entry);
        this.write([entry.text, this.draft.value].filter((text) => text !== "").join("\n"));
    }

    discard(entry: MessageEntry): void {
        this.client.discard(entry.key);
        this.timeline.value = discard(this.timeline.value, entry.key);
    }

    #addPending(cid: string, text: string): void {
        const from = this.me.value;
        if (!from) return;
        this.timeline.value = addPending(this.timeline.value, cid, text, from, this.clock.now());
        this.sent.value++;
    }

    #onJoined(joined: Joined): void {
        this.#epoch = joined.epoch;
        this.people.value = peopleOf(joined);
        const shown = new Set(this.timeline.value.map(({ key }) => key));
        for (const queued of this.client.queued) if (!shown.has(queued.request.cid)) this.#showQueued(queued);
    }

    /** What was written on the page before this one was loaded. */
    #showQueued(queued: Queued): void {
        const { request } = queued;
        if (request.type !== "message" || request.room !== this.room.value) return;
        this.#addPending(request.cid, request.text);
        if (queued.status === "failed")
            this.timeline.value = fail(this.timeline.value, request.cid, queued.error.message);
    }

    #onGap({ from, to }: Gap): void {
        const isSameLog = from.epoch === to.epoch;
        // A room that was made anew, and in which nothing was said yet.
        if (!isSameLog && to.seq === 0) return;
        const missed = isSameLog && to.seq > from.seq ? to.seq - from.seq : undefined;
        this.timeline.value = addGap(this.timeline.value, missed, this.#newKey(), this.clock.now());
    }

    #onMessage(message: Message): void {
        const own = message.from.id === this.me.value?.id;
        this.timeline.value = addMessage(this.timeline.value, message, own, this.#newKey());
        this.typists.value = clearTypist(this.typists.value, message.from.id);
        if (!own) this.received.value++;
    }

    #onChange(news: MessageChange): void {
        this.timeline.value = change(this.timeline.value, news, this.me.value?.id);
    }

    #onTyping(typing: Typing): void {
        if (typing.user.id === this.me.value?.id) return;
        this.typists.value = applyTyping(this.typists.value, typing, this.clock.now());
        this.clock.after(TYPING_EXPIRES_MS, () => {
            this.typists.value = expireTypists(this.typists.value, this.clock.now());
        });
    }

    #openDialog(error?: Error): void {
        this.dialog.value = { open: true, busy: false, ...(error && { error: joinError(error) }) };
    }

    #hasFeature(name: string): boolean {
        return this.hello.value?.features.includes(name) ?? false;
    }

    #newKey(): string {
        return `local-${this.#nextKey++}`;
    }
}

function joinError(error: Error): JoinError {
    const suggestion = error instanceof ChatError ? error.details.suggestion : undefined;
    return { message: error.message, ...(suggestion !== undefined && { suggestion }) };
}
