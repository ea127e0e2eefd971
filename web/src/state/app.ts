import { batch, computed, signal } from "@preact/signals";
import type { ChatClient } from "../client/client";
import type { Clock } from "../client/clock";
import { ChatError } from "../client/errors";
import type { ConnectionState, Hello, User } from "../client/types";
import type { DraftStore } from "./drafts";
import { draftsInMemory } from "./drafts";
import type { JoinDialogState } from "./join_dialog";
import { joinError } from "./join_dialog";
import { listen } from "./listen";
import { sortPeople } from "./people";
import { RoomState } from "./room";
import { byteLength } from "./text";
import type { MessageEntry } from "./timeline";
import { TYPING_EXPIRES_MS, TypingReporter } from "./typing";

/** What the page shows, and what a person can do on it. Knows the client, not the DOM. */
export class ChatApp {
    readonly connection = signal<ConnectionState>({ phase: "offline" });
    readonly dialog = signal<JoinDialogState>({ open: true, busy: false });
    readonly hello = signal<Hello | undefined>(undefined);
    readonly me = signal<User | undefined>(undefined);
    /** Those that one is in. */
    readonly rooms = signal<ReadonlyMap<string, RoomState>>(new Map());
    readonly roomName = signal("");
    /** The one that is shown. */
    readonly room = computed(() => this.stateOf(this.roomName.value));

    readonly sortedPeople = computed(() =>
        sortPeople(this.room.value.people.value.members?.values() ?? [], this.me.value?.id),
    );
    readonly hasPresence = computed(() => this.hasFeature("presence"));
    readonly hasTyping = computed(() => this.hasFeature("typing"));
    readonly messageBytes = computed(() => this.hello.value?.limits.messageBytes ?? Infinity);
    readonly bytesLeft = computed(() => this.messageBytes.value - byteLength(this.room.value.draft.value.trim()));
    readonly canSend = computed(() => this.room.value.draft.value.trim() !== "" && this.bytesLeft.value >= 0);

    /** Also of rooms that one is not in: what was being written there is kept. */
    readonly #states = new Map<string, RoomState>();
    readonly #typing: TypingReporter;
    readonly #drafts: DraftStore;

    constructor(
        readonly client: ChatClient,
        private readonly clock: Clock,
        { drafts = draftsInMemory() }: { drafts?: DraftStore } = {},
    ) {
        this.#drafts = drafts;
        this.#typing = new TypingReporter(clock.now, (state) => {
            if (this.hasTyping.value) client.typing(this.roomName.value, state);
        });
        const { events } = client;
        events.on("state", (state) => this.#onState(state));
        events.on("hello", (hello) => (this.hello.value = hello));
        events.on("welcome", ({ user }) => (this.me.value = user));
        events.on("expelled", (error) => this.#openDialog(error));
        listen(client, (name) => this.stateOf(name));
        events.on("joined", ({ room }) => this.#onJoined(this.stateOf(room)));
        events.on("left", ({ room, error }) => this.#onGone(room, error));
        events.on("kicked", ({ room, reason }) =>
            this.#onGone(room, new Error(reason || "You were removed from the room.")),
        );
        events.on("typing", ({ room }) => {
            clock.after(TYPING_EXPIRES_MS, () => this.stateOf(room).expireTypists());
        });
    }

    hasFeature(name: string): boolean {
        return this.hello.value?.features.includes(name) ?? false;
    }

    stateOf(name: string): RoomState {
        const known = this.#states.get(name);
        if (known) return known;
        const { me, clock } = this;
        const viewer = {
            get me() {
                return me.peek();
            },
            now: () => clock.now(),
        };
        const room = new RoomState(name, viewer);
        room.draft.value = this.#drafts.read()[name] ?? "";
        this.#states.set(name, room);
        return room;
    }

    /** Shows a room. */
    open(name: string): void {
        if (name === this.roomName.value) return;
        this.#typing.onInput("");
        this.roomName.value = name;
    }

    async join(nick: string): Promise<void> {
        this.dialog.value = { open: true, busy: true };
        try {
            await this.client.enter(nick, this.roomName.value);
            this.dialog.value = { open: false, busy: false };
        } catch (error) {
            if (!(error instanceof ChatError)) throw error;
            this.#openDialog(error);
        }
    }

    logOut(): void {
        this.client.logOut();
        batch(() => {
            for (const room of this.#states.values()) room.clear();
            this.rooms.value = new Map();
            this.me.value = undefined;
            this.dialog.value = { open: true, busy: false };
        });
    }

    retryConnection(): void {
        this.client.retryNow();
    }

    write(text: string): void {
        const room = this.room.value;
        room.draft.value = text;
        this.#drafts.write(room.name, text);
        this.#typing.onInput(text);
    }

    sendDraft(): void {
        if (!this.canSend.value) return;
        const room = this.room.value;
        this.client.send({ room: room.name, text: room.draft.value.trim() });
        // Sent says enough: the server ends the typing by itself when the message arrives.
        this.#typing.onSent();
        room.draft.value = "";
        this.#drafts.write(room.name, "");
    }

    /** Sends a failed message once more: the same cid, so that it cannot appear twice. */
    retry(entry: MessageEntry): void {
        this.room.value.addPending(entry.key, entry.text);
        this.client.retry(entry.key);
    }

    /** Takes a failed message back into the composer, in front of what is being written there. */
    edit(entry: MessageEntry): void {
        this.discard(entry);
        this.write([entry.text, this.room.value.draft.value].filter((text) => text !== "").join("\n"));
    }

    discard(entry: MessageEntry): void {
        this.client.discard(entry.key);
        this.room.value.discard(entry.key);
    }

    #onState(state: ConnectionState): void {
        batch(() => {
            this.connection.value = state;
            if (state.phase === "online") return;
            for (const room of this.#states.values()) room.typists.value = [];
        });
    }

    #onJoined(room: RoomState): void {
        batch(() => {
            if (!this.rooms.value.has(room.name)) this.rooms.value = new Map(this.rooms.value).set(room.name, room);
            for (const queued of this.client.queued)
                if (queued.request.room === room.name) room.onQueued(queued);
        });
    }

    #onGone(name: string, error?: Error): void {
        const rooms = new Map(this.rooms.value);
        rooms.delete(name);
        batch(() => {
            this.rooms.value = rooms;
            if (name !== this.roomName.value) return;
            const [next] = rooms.keys();
            if (next === undefined) this.#openDialog(error);
            else this.open(next);
        });
    }

    #openDialog(error?: Error): void {
        this.dialog.value = { open: true, busy: false, ...(error && { error: joinError(error) }) };
    }
}
