import { batch, computed, signal } from "@preact/signals";
import type { ChatClient } from "../client/client";
import type { Clock } from "../client/clock";
import { ChatError } from "../client/errors";
import type { ConnectionState, Hello, Joined, Message, User } from "../client/types";
import { applyPresence, NOBODY, peopleOf, sortPeople } from "./people";
import type { People } from "./people";
import { byteLength } from "./text";
import { addGap, addMessage, addNotice, addPending, confirm, discard, fail } from "./timeline";
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
    #position: { epoch: string; seq: number } | undefined;
    #nextKey = 1;

    constructor(
        private readonly client: ChatClient,
        private readonly clock: Clock,
        private readonly newCid: () => string,
    ) {
        this.#typing = new TypingReporter(clock.now, (state) => {
            if (this.hasTyping.value) client.sendTyping(this.room.value, state);
        });
        const { events } = client;
        events.on("state", (state) => {
            this.connection.value = state;
            if (state.phase !== "online") this.typists.value = [];
        });
        events.on("hello", (hello) => (this.hello.value = hello));
        events.on("welcome", (user) => (this.me.value = user));
        events.on("joined", (joined) => batch(() => this.#onJoined(joined)));
        events.on("message", (message) => batch(() => this.#onMessage(message)));
        events.on("notice", (notice) => {
            this.timeline.value = addNotice(this.timeline.value, notice, this.#newKey(), clock.now());
            this.received.value++;
        });
        events.on("delivered", (delivery) => {
            this.timeline.value = confirm(this.timeline.value, delivery);
            if (delivery.seq !== undefined) this.#advance(delivery.seq);
        });
        events.on("rejected", ({ cid, error }) => {
            this.timeline.value = fail(this.timeline.value, cid, error.message);
        });
        events.on("presence", (presence) => {
            this.people.value = applyPresence(this.people.value, presence);
            for (const user of presence.left) this.typists.value = clearTypist(this.typists.value, user.id);
        });
        events.on("typing", (typing) => {
            if (typing.user.id === this.me.value?.id) return;
            this.typists.value = applyTyping(this.typists.value, typing, clock.now());
            clock.after(TYPING_EXPIRES_MS, () => {
                this.typists.value = expireTypists(this.typists.value, clock.now());
            });
        });
        events.on("expelled", (error) => {
            this.dialog.value = { open: true, busy: false, error: joinError(error) };
        });
    }

    async join(nick: string): Promise<void> {
        this.dialog.value = { open: true, busy: true };
        try {
            await this.client.enter(nick, this.room.value);
            this.dialog.value = { open: false, busy: false };
        } catch (error) {
            if (!(error instanceof ChatError)) throw error;
            this.dialog.value = { open: true, busy: false, error: joinError(error) };
        }
    }

    leave(): void {
        this.client.leave();
        this.#position = undefined;
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
        this.#send(this.draft.value.trim(), this.newCid());
        this.draft.value = "";
        this.#typing.onSent();
    }

    /** Sends a failed message once more: the same cid, so that it cannot appear twice. */
    retry(entry: MessageEntry): void {
        this.#send(entry.text, entry.key);
    }

    /** Takes a failed message back into the composer, in front of what is being written there. */
    edit(entry: MessageEntry): void {
        this.discard(entry);
        this.write([entry.text, this.draft.value].filter((text) => text !== "").join("\n"));
    }

    discard(entry: MessageEntry): void {
        this.timeline.value = discard(this.timeline.value, entry.key);
    }

    #send(text: string, cid: string): void {
        const from = this.me.value;
        if (!from) return;
        const message = { room: this.room.value, text, cid };
        this.timeline.value = addPending(this.timeline.value, message, from, this.clock.now());
        this.sent.value++;
        this.client.send(message);
    }

    #onJoined(joined: Joined): void {
        const before = this.#position;
        this.people.value = peopleOf(joined);
        if (before && joined.recovered) return;
        this.#position = { epoch: joined.epoch, seq: joined.seq };
        if (!before) return;
        const isSameLog = before.epoch === joined.epoch;
        const missed = isSameLog ? joined.seq - before.seq : joined.seq;
        if (missed <= 0) return;
        this.timeline.value = addGap(
            this.timeline.value,
            isSameLog ? missed : undefined,
            this.#newKey(),
            this.clock.now(),
        );
    }

    #onMessage(message: Message): void {
        const own = message.from.id === this.me.value?.id;
        this.timeline.value = addMessage(this.timeline.value, message, own, this.#newKey());
        this.typists.value = clearTypist(this.typists.value, message.from.id);
        this.#advance(message.seq);
        if (!own) this.received.value++;
    }

    #advance(seq: number): void {
        if (this.#position) this.#position.seq = Math.max(this.#position.seq, seq);
    }

    #hasFeature(name: string): boolean {
        return this.hello.value?.features.includes(name) ?? false;
    }

    #newKey(): string {
        return `local-${this.#nextKey++}`;
    }
}

function joinError(error: ChatError): JoinError {
    const { suggestion } = error.details;
    return { message: error.message, ...(suggestion !== undefined && { suggestion }) };
}
