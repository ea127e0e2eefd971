import { computed, signal } from "@preact/signals";
import type { Delivery } from "../client/outbox";
import type { Queued } from "../client/queued";
import type { Message, MessageChange } from "../client/room_events";
import type { Gap, Joined, Notice, Presence, Typing, User } from "../client/types";
import { applyPresence, NOBODY, peopleOf } from "./people";
import type { People } from "./people";
import {
    addGap,
    addMessage,
    addNotice,
    addPending,
    change,
    confirm,
    discard,
    fail,
    setUnconfirmed,
} from "./timeline";
import type { Timeline } from "./timeline";
import { applyTyping, clearTypist, expireTypists } from "./typing";
import type { Typists } from "./typing";

/** What this room knows of the one who looks at it. */
export interface Viewer {
    readonly me: User | undefined;
    now(): number;
}

/** One room: what is shown of it, and how that changes by what the server tells. */
export class RoomState {
    readonly epoch = signal("");
    readonly topic = signal("");
    /** The other one, in a room of two. */
    readonly other = signal<User | undefined>(undefined);
    readonly timeline = signal<Timeline>([]);
    readonly people = signal<People>(NOBODY);
    readonly typists = signal<Typists>([]);
    readonly draft = signal("");
    /** Counts what others added to the timeline, so that a view can tell how much is new to it. */
    readonly received = signal(0);
    readonly sent = signal(0);
    readonly title = computed(() => this.other.value?.nick ?? this.name);

    #nextKey = 1;

    constructor(
        readonly name: string,
        private readonly viewer: Viewer,
    ) {}

    clear(): void {
        this.timeline.value = [];
        this.people.value = NOBODY;
        this.typists.value = [];
    }

    onJoined(joined: Joined): void {
        this.epoch.value = joined.epoch;
        this.topic.value = joined.topic ?? "";
        this.other.value = joined.with;
        this.people.value = peopleOf(joined);
    }

    onMessage(message: Message): void {
        const own = message.from.id === this.viewer.me?.id;
        this.timeline.value = addMessage(this.timeline.value, message, own, this.#newKey());
        this.typists.value = clearTypist(this.typists.value, message.from.id);
        if (!own) this.received.value++;
    }

    onChange(news: MessageChange): void {
        this.timeline.value = change(this.timeline.value, news, this.viewer.me?.id);
    }

    onNotice(notice: Notice): void {
        this.timeline.value = addNotice(this.timeline.value, notice, this.#newKey(), this.viewer.now());
        this.received.value++;
    }

    onGap({ from, to }: Gap): void {
        const isSameLog = from.epoch === to.epoch;
        // A room that was made anew, and in which nothing was said yet.
        if (!isSameLog && to.seq === 0) return;
        const missed = isSameLog && to.seq > from.seq ? to.seq - from.seq : undefined;
        this.timeline.value = addGap(this.timeline.value, missed, this.#newKey(), this.viewer.now());
    }

    onPresence(presence: Presence): void {
        this.people.value = applyPresence(this.people.value, presence);
        for (const user of presence.left) this.typists.value = clearTypist(this.typists.value, user.id);
    }

    onTyping(typing: Typing): void {
        if (typing.user.id === this.viewer.me?.id) return;
        this.typists.value = applyTyping(this.typists.value, typing, this.viewer.now());
    }

    expireTypists(): void {
        this.typists.value = expireTypists(this.typists.value, this.viewer.now());
    }

    addPending(cid: string, text: string): void {
        const { me } = this.viewer;
        if (!me) return;
        this.timeline.value = addPending(this.timeline.value, cid, text, me, this.viewer.now());
        this.sent.value++;
    }

    /** Also what was written on a page before this one. */
    onQueued(queued: Queued): void {
        const { request, status } = queued;
        if (request.type !== "message") return;
        const isShown = this.timeline.value.some(({ key }) => key === request.cid);
        if (!isShown) this.addPending(request.cid, request.text);
        if (status === "failed") this.timeline.value = fail(this.timeline.value, request.cid, queued.error.message);
        else this.timeline.value = setUnconfirmed(this.timeline.value, request.cid, status === "unconfirmed");
    }

    onDelivered(delivery: Delivery): void {
        this.timeline.value = confirm(this.timeline.value, delivery, this.epoch.value);
    }

    discard(key: string): void {
        this.timeline.value = discard(this.timeline.value, key);
    }

    #newKey(): string {
        return `local-${this.#nextKey++}`;
    }
}
