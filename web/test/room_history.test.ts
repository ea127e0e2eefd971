import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { HistoryPage } from "../src/client/catch_up";
import type { HistoryRange } from "../src/client/calls";
import { ChatError } from "../src/client/errors";
import { RoomState } from "../src/state/room";
import { FakeClock, settle } from "./fakes";

const me = { id: "me", nick: "me" };
const bob = { id: "bob", nick: "bob" };

function message(seq: number, more: object = {}) {
    return { type: "message" as const, room: "r", epoch: "e", seq, ts: 0, from: bob, text: `text ${seq}`, asOf: seq, ...more };
}

function page(events: HistoryPage["events"], hasMore = false): HistoryPage {
    return { room: "r", epoch: "e", seq: 100, firstSeq: 1, events, hasMore, hasNewer: false };
}

function setUp(joined: object = {}) {
    const asked: HistoryRange[] = [];
    const answers: Resolvers<HistoryPage>[] = [];
    const source = {
        history(_: string, range: HistoryRange) {
            asked.push(range);
            const answer = withResolvers<HistoryPage>();
            answers.push(answer);
            return answer.promise;
        },
    };
    const clock = new FakeClock();
    let seen = false;
    const room = new RoomState("r", source, clock, { me, isMention: () => () => false, sees: () => seen });
    room.onJoined({ room: "r", epoch: "e", seq: 10, count: 1, ...joined });
    room.history.begin({ epoch: "e", seq: 10 });
    const texts = () => room.timeline.value.map((entry) => ("text" in entry ? entry.text : entry.kind));
    return { room, asked, answers, clock, texts, look: () => (seen = true) };
}

interface Resolvers<T> {
    readonly promise: Promise<T>;
    resolve(value: T): void;
    reject(reason: unknown): void;
}

function withResolvers<T>(): Resolvers<T> {
    let resolve!: (value: T) => void;
    let reject!: (reason: unknown) => void;
    const promise = new Promise<T>((yes, no) => ([resolve, reject] = [yes, no]));
    return { promise, resolve, reject };
}

describe("a room with a history", () => {
    it("puts older pages above, each message once, and goes on from the first event", async () => {
        const { room, asked, answers, texts } = setUp();
        room.onMessage(message(11));
        void room.history.load();
        void room.history.load();
        answers[0]!.resolve(page([{ ...message(8), type: "topic", topic: "t" }, message(9), message(10), message(11)], true));
        await settle();
        assert.deepEqual(texts(), ["text 9", "text 10", "text 11"]);
        assert.equal(room.history.older.value, "more");
        void room.history.load();
        answers[1]!.resolve(page([message(6), message(7)]));
        await settle();
        assert.deepEqual(asked.map(({ before }) => before), [11, 8]);
        assert.deepEqual(texts(), ["text 6", "text 7", "text 9", "text 10", "text 11"]);
        assert.equal(room.history.older.value, "none");
        await room.history.load();
        assert.equal(asked.length, 2);
    });

    it("applies a change that came while the page with its message was on the way", async () => {
        const { room, answers, texts } = setUp();
        void room.history.load();
        room.onChange({ type: "edit", room: "r", epoch: "e", seq: 101, ts: 0, target: 9, from: bob, text: "mended" });
        answers[0]!.resolve(page([message(9, { asOf: 100 })]));
        await settle();
        assert.deepEqual(texts(), ["mended"]);
    });

    it("shows what had arrived after all where it stands", async () => {
        const { room, answers } = setUp();
        room.onQueued({ request: { type: "message", room: "r", cid: "c", text: "mine" }, status: "pending" });
        void room.history.load();
        answers[0]!.resolve(page([message(9, { from: me, cid: "c", text: "mine" }), message(10)]));
        await settle();
        const entries = room.timeline.value.map((entry) => entry.kind === "message" && `${entry.text} ${entry.status}`);
        assert.deepEqual(entries, ["mine sent", "text 10 sent"]);
    });

    it("asks again later when it has to, and by itself when there is no connection", async () => {
        const { room, answers, clock } = setUp();
        void room.history.load();
        answers[0]!.reject(new ChatError("rate_limited", "", { retryAfterMs: 2_000 }));
        await settle();
        assert.equal(room.history.older.value, "loading");
        await clock.advance(2_000);
        assert.equal(room.history.older.value, "more");
        void room.history.load();
        answers[1]!.reject(new ChatError("closed", ""));
        await settle();
        assert.equal(room.history.older.value, "more");
        void room.history.load();
        answers[2]!.reject(new ChatError("internal", ""));
        await settle();
        assert.equal(room.history.older.value, "broken");
        void room.history.load();
        answers[3]!.reject(new ChatError("unrecoverable", ""));
        await settle();
        assert.equal(room.history.older.value, "none");
    });

    it("draws the line where reading stopped, and counts from there", async () => {
        const { room, answers } = setUp({ readSeq: 8 });
        void room.history.load();
        answers[0]!.resolve(page([message(7), message(8), message(9), message(10)]));
        await settle();
        assert.equal(room.unread.value.messages, 2);
        assert.equal(room.newAfter.value, 8);
        assert.equal(room.isAtBottom.value, false);
        room.onRead(9);
        assert.equal(room.unread.value.messages, 1);
        assert.equal(room.newAfter.value, 8);
        room.onRead(10);
        assert.equal(room.newAfter.value, undefined, "all of it was read elsewhere");
    });

    it("draws the line above the first message that nobody sees, and leaves it there", () => {
        const { room, look } = setUp();
        room.onMessage(message(11));
        room.onMessage(message(12));
        assert.equal(room.newAfter.value, 10);
        look();
        room.onRead(12);
        assert.equal(room.newAfter.value, 10, "whoever just came sees where it began");
        room.onMessage(message(13));
        assert.equal(room.newAfter.value, 10);
        room.onRead(13);
        room.onTurnedAway();
        assert.equal(room.newAfter.value, undefined);
    });

    it("fills a gap from its upper end, and closes it", async () => {
        const { room, asked, answers, texts } = setUp();
        room.onMessage(message(11));
        room.onGap({ room: "r", from: { epoch: "e", seq: 11 }, to: { epoch: "e", seq: 15 } });
        room.onMessage(message(16));
        const gap = () => room.timeline.value.find((entry) => entry.kind === "gap")!;
        const first = room.fill(gap());
        answers[0]!.resolve(page([message(12), message(13)], true));
        await first;
        assert.deepEqual(texts(), ["text 11", "text 12", "text 13", "gap", "text 16"]);
        assert.deepEqual(gap().range, { epoch: "e", from: 13, to: 15 });
        const second = room.fill(gap());
        answers[1]!.resolve(page([message(14), message(15), message(16)], true));
        await second;
        assert.deepEqual(asked.map(({ after }) => after), [11, 13]);
        assert.deepEqual(texts(), ["text 11", "text 12", "text 13", "text 14", "text 15", "text 16"]);
    });

    it("leaves a mark for what the server keeps no longer, which is not asked for again", async () => {
        const { room, asked, answers, texts } = setUp();
        room.onMessage(message(11));
        room.onGap({ room: "r", from: { epoch: "e", seq: 11 }, to: { epoch: "e", seq: 15 } });
        room.onMessage(message(16));
        const gap = () => room.timeline.value.find((entry) => entry.kind === "gap")!;
        const first = room.fill(gap());
        answers[0]!.resolve({ ...page([message(14), message(15), message(16)]), firstSeq: 14 });
        await first;
        assert.deepEqual(texts(), ["text 11", "gap", "text 14", "text 15", "text 16"]);
        assert.deepEqual([gap().range, gap().isLost], [{ epoch: "e", from: 11, to: 13 }, true]);
        await room.fill(gap());
        assert.equal(asked.length, 1);
    });
});
