import { computed, signal } from "@preact/signals";
import type { HistoryPage } from "../client/catch_up";
import type { Clock } from "../client/clock";
import type { Delivery } from "../client/outbox";
import type { Queued } from "../client/queued";
import type { Message, MessageChange, Poll, PollResult } from "../client/room_events";
import type { Gap, Joined, Notice, Presence, Typing, User } from "../client/types";
import type { HistorySource } from "./history";
import { RoomHistory } from "./history";
import { applyPresence, NOBODY, peopleOf } from "./people";
import type { People } from "./people";
import { addOpenPolls, applyPollEvents, NO_POLLS } from "./polls";
import type { Polls } from "./polls";
import {
    addGap,
    addMessage,
    addNotice,
    addPending,
    addPoll,
    change,
    confirm,
    discard,
    fail,
    setUnconfirmed,
} from "./timeline";
import type { GapEntry, Timeline } from "./timeline";
import { addOlder, fillGap } from "./timeline_older";
import { applyTyping, clearTypist, expireTypists } from "./typing";
import type { Typists } from "./typing";
import type { IsMention } from "./unread";
import { countUnread } from "./unread";

/** Who looks at the rooms, and how. */
export interface Viewer {
    readonly me: User | undefined;
    isMention(): IsMention;
    /** What comes into the room now is seen at once. */
    sees(room: RoomState): boolean;
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
    /** Up to where this user has read, on whichever device. */
    readonly readSeq = signal(0);
    /** Behind this number stands the line that says "New"; it stays for a while after that was read. */
    readonly newAfter = signal<number | undefined>(undefined);
    readonly isAtBottom = signal(true);
    /** Counts what this user sent, which he wants to see. */
    readonly sent = signal(0);
    readonly polls = signal<Polls>(NO_POLLS);
    readonly history: RoomHistory;

    readonly title = computed(() => this.other.value?.nick ?? this.name);
    readonly unread = computed(() => {
        const isMention = this.other.value ? () => true : this.viewer.isMention();
        return countUnread(this.timeline.value, this.epoch.value, this.readSeq.value, isMention);
    });

    #nextKey = 1;

    constructor(
        readonly name: string,
        private readonly source: HistorySource,
        private readonly clock: Clock,
        private readonly viewer: Viewer,
    ) {
        this.history = new RoomHistory(name, source, clock, (page, late) => this.#onOlder(page, late));
    }

    clear(): void {
        this.timeline.value = [];
        this.people.value = NOBODY;
        this.typists.value = [];
        this.newAfter.value = undefined;
        this.epoch.value = "";
        this.history.end();
    }

    onJoined(joined: Joined): void {
        const { epoch, seq, readSeq } = joined;
        const isKnown = epoch === this.epoch.peek();
        this.epoch.value = epoch;
        this.topic.value = joined.topic ?? "";
        this.other.value = joined.with;
        this.people.value = peopleOf(joined);
        this.#showOpenPolls(joined);
        // Who was never here has nothing to catch up with.
        const read = readSeq ?? seq;
        this.readSeq.value = isKnown ? Math.max(this.readSeq.peek(), readSeq ?? 0) : read;
        if (!isKnown) this.newAfter.value = undefined;
    }

    onMessage(message: Message): void {
        const { me } = this.viewer;
        const own = message.from.id === me?.id;
        const isFirstNew = !own && this.unread.peek().messages === 0 && !this.viewer.sees(this);
        this.timeline.value = addMessage(this.timeline.value, message, own);
        this.typists.value = clearTypist(this.typists.value, message.from.id);
        if (isFirstNew) this.newAfter.value = message.seq - 1;
    }

    onChange(news: MessageChange): void {
        this.history.onChange(news);
        this.timeline.value = change(this.timeline.value, news, this.viewer.me?.id);
    }

    onPoll(event: Poll | PollResult): void {
        this.polls.value = applyPollEvents(this.polls.value, [event]);
        if (event.type === "poll") this.timeline.value = addPoll(this.timeline.value, event.poll, event.ts);
    }

    onNotice(notice: Notice): void {
        this.timeline.value = addNotice(this.timeline.value, notice, this.#newKey(), this.clock.now());
    }

    onGap({ from, to }: Gap): void {
        const isSameLog = from.epoch === to.epoch;
        // A room that was made anew, and in which nothing was said yet.
        if (!isSameLog && to.seq === 0) return;
        const isCounted = isSameLog && to.seq > from.seq;
        const range = isCounted ? { epoch: to.epoch, from: from.seq, to: to.seq } : undefined;
        this.timeline.value = addGap(this.timeline.value, range, this.#newKey(), this.clock.now());
    }

    /** This user has read so much, here or elsewhere. */
    onRead(seq: number): void {
        if (seq <= this.readSeq.peek()) return;
        this.readSeq.value = seq;
        if (!this.viewer.sees(this) && this.unread.peek().messages === 0) this.newAfter.value = undefined;
    }

    onPresence(presence: Presence): void {
        this.people.value = applyPresence(this.people.value, presence);
        for (const user of presence.left) this.typists.value = clearTypist(this.typists.value, user.id);
    }

    onTyping(typing: Typing): void {
        if (typing.user.id === this.viewer.me?.id) return;
        this.typists.value = applyTyping(this.typists.value, typing, this.clock.now());
    }

    expireTypists(): void {
        this.typists.value = expireTypists(this.typists.value, this.clock.now());
    }

    addPending(message: { cid: string; text: string; replyTo?: number }): void {
        const { me } = this.viewer;
        if (!me) return;
        this.timeline.value = addPending(this.timeline.value, message, me, this.clock.now());
        this.newAfter.value = undefined;
        this.sent.value++;
    }

    /** Also what was written on a page before this one. */
    onQueued(queued: Queued): void {
        const { request, status } = queued;
        if (request.type !== "message") return;
        const isShown = this.timeline.value.some(({ key }) => key === request.cid);
        if (!isShown) this.addPending(request);
        if (status === "failed") this.timeline.value = fail(this.timeline.value, request.cid, queued.error.message);
        else this.timeline.value = setUnconfirmed(this.timeline.value, request.cid, status === "unconfirmed");
    }

    onDelivered(delivery: Delivery): void {
        this.timeline.value = confirm(this.timeline.value, delivery, this.epoch.value);
    }

    discard(key: string): void {
        this.timeline.value = discard(this.timeline.value, key);
    }

    /** Whoever turns away from what he has read does not need to be told where it began. */
    onTurnedAway(): void {
        if (this.unread.peek().messages === 0) this.newAfter.value = undefined;
    }

    /** Some of what was missed; rejects with a ChatError. */
    async fill({ key, range, isLost }: GapEntry): Promise<void> {
        if (!range || isLost) return;
        const page = await this.source.history(this.name, { epoch: range.epoch, after: range.from });
        const isLast = !page.hasMore || (page.events.at(-1)?.seq ?? range.to) >= range.to;
        this.timeline.value = fillGap(this.timeline.value, key, page, isLast, this.viewer.me?.id);
    }

    #onOlder(page: HistoryPage, late: readonly MessageChange[]): void {
        const me = this.viewer.me?.id;
        this.polls.value = applyPollEvents(this.polls.value, page.events);
        const wasUnread = this.unread.peek().messages > 0;
        const timeline = addOlder(this.timeline.value, page, me);
        this.timeline.value = late.reduce((changed, news) => change(changed, news, me), timeline);
        if (wasUnread || this.unread.peek().messages === 0) return;
        this.newAfter.value = this.readSeq.peek();
        // Whoever shows it begins there; it is not read before it was shown.
        this.isAtBottom.value = false;
    }

    /** At the end, unless the history tells where. */
    #showOpenPolls({ polls = [], seq }: Joined): void {
        this.polls.value = addOpenPolls(this.polls.value, polls, seq);
        const now = this.clock.now();
        this.timeline.value = polls.reduce((shown, { poll }) => addPoll(shown, poll, now), this.timeline.value);
    }

    #newKey(): string {
        return `local-${this.#nextKey++}`;
    }
}
