import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { countUnread, mentionOf, badgeText } from "../src/state/unread";
import { firstNewAt, rowAt } from "../src/state/rows";
import { addGap, addMessage, addPending } from "../src/state/timeline";
import type { Timeline } from "../src/state/timeline";

const me = { id: "me", nick: "me" };
const bob = { id: "bob", nick: "bob" };
const DAY = 86_400_000;

function said(timeline: Timeline, seq: number, from = bob, text = `text ${seq}`, ts = 0): Timeline {
    const message = { type: "message", room: "r", epoch: "e", seq, ts, from, text, asOf: seq } as const;
    return addMessage(timeline, message, from === me);
}

describe("mentions", () => {
    const cases: [string, string, boolean][] = [
        ["alice", "hello @alice!", true],
        ["alice", "@ALICE", true],
        ["alice", "alice", false],
        ["alice", "@alice2", false],
        ["alice", "mail@alice", false],
        ["a.b", "@aXb", false],
        ["a.b", "is @a.b here", true],
        ["zoë", "@zoë, look", true],
        ["[x]", "@[x]", true],
    ];
    for (const [nick, text, expected] of cases)
        it(`"${text}" is ${expected ? "" : "not "}for ${nick}`, () => assert.equal(mentionOf(nick)(text), expected));
});

describe("unread", () => {
    const count = (timeline: Timeline, readSeq: number) => countUnread(timeline, "e", readSeq, mentionOf("me"));

    it("counts what others said behind the mark", () => {
        let timeline = said(said([], 1), 2);
        timeline = said(timeline, 3, bob, "@me?");
        timeline = said(timeline, 4, me, "@me");
        timeline = addPending(timeline, { cid: "c", text: "waits" }, me, 0);
        assert.deepEqual(count(timeline, 1), { messages: 2, mentions: 1 });
        assert.deepEqual(count(timeline, 3), { messages: 0, mentions: 0 });
    });

    it("does not count another log of the room", () => {
        const timeline = said(said([], 8), 9);
        assert.equal(countUnread(timeline, "other", 0, () => true).messages, 0);
    });

    it("says that there are many", () => assert.deepEqual([badgeText(99), badgeText(100)], ["99", "99+"]));
});

describe("rows", () => {
    it("have the line above the first new message of somebody else", () => {
        const timeline = said(said(said(said([], 1), 2, me), 3), 4);
        assert.equal(firstNewAt(timeline, "e", 1), 2);
        assert.equal(firstNewAt(timeline, "e", 4), -1);
        assert.equal(firstNewAt(timeline, "e", undefined), -1);
        assert.equal(rowAt(timeline, 2, 2).isFirstNew, true);
        assert.equal(rowAt(timeline, 3, 2).continues, true);
        assert.equal(rowAt(timeline, 2, 2).continues, false, "a line begins a group anew");
    });

    it("begin a day, and a group with it", () => {
        const noon = new Date(2026, 1, 3, 12).getTime();
        const almost = new Date(2026, 1, 3, 23, 59).getTime();
        const timeline = said(said(said([], 1, bob, "a", noon), 2, bob, "b", almost), 3, bob, "c", almost + 120_000);
        const days = timeline.map((_, i) => rowAt(timeline, i, -1).isNewDay);
        assert.deepEqual(days, [true, false, true]);
        const later = said(said([], 1, bob, "a", noon), 2, bob, "b", noon + 31 * DAY);
        assert.equal(rowAt(later, 1, -1).isNewDay, true);
        assert.equal(rowAt(timeline, 2, -1).continues, false);
        assert.equal(rowAt(addGap(timeline, undefined, "g", almost + 120_000), 3, -1).isNewDay, false);
    });
});
