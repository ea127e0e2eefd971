import { batch, computed, signal } from "@preact/signals";
import type { ChatClient } from "../client/client";
import type { Clock } from "../client/clock";
import { ChatError } from "../client/errors";
import type { Message } from "../client/room_events";
import type { ConnectionState, Hello, Joined, Notice, User } from "../client/types";
import { Attention } from "./attention";
import type { DraftStore } from "./drafts";
import { draftsInMemory } from "./drafts";
import { PAGE } from "./history";
import type { JoinDialogState } from "./join_dialog";
import { joinError } from "./join_dialog";
import type { RoomStore } from "./kept_rooms";
import { isDirectName, roomsInMemory, WantedRooms } from "./kept_rooms";
import { listen } from "./listen";
import { DEFAULT_ROOM } from "./location";
import { RoomState } from "./room";
import { RoomBook } from "./room_book";
import { byteLength } from "./text";
import type { MessageEntry } from "./timeline";
import { TYPING_EXPIRES_MS, TypingReporter } from "./typing";
import { mentionOf } from "./unread";
import { Writing } from "./writing";

/** What a page keeps for the next one. */
export interface AppStores {
    readonly drafts?: DraftStore;
    readonly rooms?: RoomStore;
}

/** What the page shows, and what a person can do on it. Knows the client, not the DOM. */
export class ChatApp {
    readonly connection = signal<ConnectionState>({ phase: "offline" });
    readonly dialog = signal<JoinDialogState>({ open: true, busy: false });
    readonly hello = signal<Hello | undefined>(undefined);
    readonly me = signal<User | undefined>(undefined);
    readonly #book = new RoomBook((name) => this.#newRoom(name));
    /** Those that one is in. */
    readonly rooms = this.#book.rooms;
    /** The one that is shown. */
    readonly room = this.#book.shown;
    readonly roomName = this.#book.shownName;
    readonly unread = this.#book.unread;
    readonly here = this.#book.here;
    /** Something to be told once, which is over soon. */
    readonly news = signal<{ readonly text: string } | undefined>(undefined);

    /** What others just said in the room that is shown, to be read out once. */
    readonly heard = signal<{ readonly from?: User; readonly text: string } | undefined>(undefined);

    readonly hasPresence = computed(() => this.hasFeature("presence"));
    readonly hasTyping = computed(() => this.hasFeature("typing"));
    readonly messageBytes = computed(() => this.hello.value?.limits.messageBytes ?? Infinity);
    readonly bytesLeft = computed(() => this.messageBytes.value - byteLength(this.room.value.draft.value.trim()));
    readonly canSend = computed(
        () => this.me.value !== undefined && this.room.value.draft.value.trim() !== "" && this.bytesLeft.value >= 0,
    );

    readonly attention: Attention;
    readonly writing: Writing;
    readonly #typing: TypingReporter;
    readonly #drafts: DraftStore;
    readonly #wanted: WantedRooms;
    readonly #isMention = computed(() => mentionOf(this.me.value?.nick ?? ""));
    #missed = 0;

    constructor(
        readonly client: ChatClient,
        private readonly clock: Clock,
        { drafts = draftsInMemory(), rooms = roomsInMemory() }: AppStores = {},
    ) {
        this.#drafts = drafts;
        this.#wanted = new WantedRooms(rooms);
        this.attention = new Attention(client, clock, () => (this.dialog.value.open ? undefined : this.room.value));
        this.writing = new Writing(client, () => this.roomName.value);
        this.#typing = new TypingReporter(clock.now, (state) => {
            if (this.hasTyping.value) client.typing(this.roomName.value, state);
        });
        const { events } = client;
        events.on("state", (state) => this.#onState(state));
        events.on("hello", (hello) => (this.hello.value = hello));
        events.on("welcome", ({ user }) => (this.me.value = user));
        events.on("expelled", (error) => this.#openDialog(error));
        events.on("message", (message) => this.#onHeard(message));
        events.on("notice", (notice) => this.#onHeard(notice));
        listen(client, (name) => this.stateOf(name));
        events.on("joined", (joined) => this.#onJoined(joined));
        events.on("caughtUp", () => this.#onCaughtUp());
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
        return this.#book.stateOf(name);
    }

    /** Shows a room. */
    open(name: string): void {
        if (name === this.roomName.value) return;
        this.#typing.onInput("");
        this.#book.show(name);
    }

    /** `isReturning`: as before the page was loaded again, so nobody is asked unless it fails. */
    async join(nick: string, isReturning = false): Promise<void> {
        this.dialog.value = { open: !isReturning, busy: true };
        const [entrance = DEFAULT_ROOM] = [this.roomName.value, ...this.#wanted.names].filter(
            (name) => !isDirectName(name),
        );
        try {
            await this.client.enter(nick, entrance);
            if (!this.rooms.value.has(this.roomName.value)) this.open(entrance);
            this.dialog.value = { open: false, busy: false };
        } catch (error) {
            if (!(error instanceof ChatError)) throw error;
            this.#openDialog(error);
            return;
        }
        for (const name of this.#wanted.names) if (!this.rooms.value.has(name)) void this.#enterAgain(name);
    }

    /** Goes to a room, also to one that is not there yet. Rejects with a ChatError. */
    async enterRoom(name: string): Promise<void> {
        if (!this.rooms.value.has(name)) await this.client.join(name);
        this.open(name);
    }

    async openDirect(user: User): Promise<void> {
        this.open((await this.client.openDirect(user.id)).room);
    }

    leaveRoom(name: string): Promise<void> {
        return this.client.leave(name);
    }

    logOut(): void {
        this.client.logOut();
        this.attention.forget();
        batch(() => {
            this.#book.clear();
            this.me.value = undefined;
            this.dialog.value = { open: true, busy: false };
        });
    }

    retryConnection(): void {
        this.client.retryNow();
    }

    /** The page, the network, or the machine was asleep: what is known of the connection may be long out of date. */
    wake(): void {
        if (this.connection.value.phase === "waiting") this.client.retryNow();
        else void this.client.probe();
    }

    write(text: string): void {
        const room = this.room.value;
        room.draft.value = text;
        // A page that is loaded again would send it as a new message.
        if (!this.writing.isEditing(room.name)) this.#drafts.write(room.name, text);
        this.#typing.onInput(text);
    }

    mention(nick: string): void {
        const draft = this.room.value.draft.value;
        this.write(`${draft}${draft === "" || /\s$/.test(draft) ? "" : " "}@${nick} `);
    }

    sendDraft(): void {
        if (!this.canSend.value) return;
        const room = this.room.value;
        const next = this.writing.send(room.name, room.draft.value.trim());
        // The server ends the typing by itself when the message arrives.
        this.#typing.onSent();
        room.draft.value = next;
        this.#drafts.write(room.name, next);
    }

    /** Sends a failed message once more: the same cid, so that it cannot appear twice. */
    retry(entry: MessageEntry): void {
        this.room.value.addPending({ ...entry, cid: entry.key });
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

    tell(text: string): void {
        this.news.value = { text };
    }

    #newRoom(name: string): RoomState {
        const { me } = this;
        const room = new RoomState(name, this.client, this.clock, {
            get me() {
                return me.peek();
            },
            isMention: () => this.#isMention.value,
            sees: (other) => this.attention.sees(other),
        });
        room.draft.value = this.#drafts.read()[name] ?? "";
        return room;
    }

    #onState(state: ConnectionState): void {
        batch(() => {
            this.connection.value = state;
            if (state.phase === "online") return;
            if (!this.attention.isCatchingUp.value) this.#missed = 0;
            this.attention.isCatchingUp.value = true;
            for (const room of this.#book.states) room.typists.value = [];
        });
    }

    #onHeard(said: Message | Notice): void {
        if (said.from?.id === this.me.value?.id) return;
        if (this.attention.isCatchingUp.value) this.#missed++;
        else if (said.room === this.roomName.value) this.heard.value = said;
    }

    #onCaughtUp(): void {
        const missed = this.#missed;
        this.#missed = 0;
        this.attention.isCatchingUp.value = false;
        if (missed > 0) this.tell(`Back online: ${missed} ${missed === 1 ? "message" : "messages"} came meanwhile.`);
    }

    #onJoined({ room: name, epoch, seq, readSeq }: Joined): void {
        const room = this.stateOf(name);
        batch(() => {
            this.#book.add(room);
            for (const queued of this.client.queued) if (queued.request.room === name) room.onQueued(queued);
        });
        this.#wanted.add(name);
        if (readSeq === undefined && seq > 0) this.attention.tell(name, seq);
        if (!this.hasFeature("history") || room.history.hasBegun) return;
        room.history.begin({ epoch, seq });
        const unread = seq - room.readSeq.value;
        if (unread > 0 || room === this.room.value) void room.history.load(Math.max(PAGE, unread));
    }

    #onGone(name: string, error?: Error): void {
        batch(() => {
            this.#book.remove(name);
            if (name !== this.roomName.value) return;
            const [next] = this.rooms.value.keys();
            if (next === undefined) return this.#openDialog(error);
            this.open(next);
            if (error) this.tell(error.message);
        });
        this.#wanted.remove(name);
    }

    async #enterAgain(name: string): Promise<void> {
        try {
            await this.client.join(name);
        } catch (error) {
            if (!(error instanceof ChatError)) throw error;
            if (error.code !== "closed" && error.code !== "timeout") this.#wanted.remove(name);
        }
    }

    #openDialog(error?: Error): void {
        this.dialog.value = { open: true, busy: false, ...(error && { error: joinError(error) }) };
    }
}
