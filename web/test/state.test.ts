import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backoffMs } from "../src/client/backoff";
import { applyPresence, peopleOf, sortPeople } from "../src/state/people";
import { roomFromHash } from "../src/state/location";
import { byteLength, initials } from "../src/state/text";
import { applyTyping, clearTypist, describeTypists, expireTypists, TypingReporter } from "../src/state/typing";
import type { Typists } from "../src/state/typing";

const user = (nick: string) => ({ id: `id-${nick}`, nick });
const joined = (nicks: string[]) => ({ room: "r", epoch: "e", seq: 0, count: nicks.length, members: nicks.map(user) });

describe("backoffMs", () => {
    const cases = [
        { attempt: 0, random: 0, ms: 0 },
        { attempt: 0, random: 1, ms: 1_000 },
        { attempt: 3, random: 0.5, ms: 4_000 },
        { attempt: 5, random: 1, ms: 30_000 },
        { attempt: 5_000, random: 0.5, ms: 15_000 },
    ];
    for (const { attempt, random, ms } of cases) {
        it(`attempt ${attempt}, random ${random}: ${ms} ms`, () => assert.equal(backoffMs(attempt, random), ms));
    }
});

describe("people", () => {
    it("puts you first, then people by name, then bots", () => {
        const bot = { ...user("abot"), bot: true as const };
        const sorted = sortPeople([bot, user("carol"), user("bob"), user("me")], "id-me");
        assert.deepEqual(sorted.map(({ nick }) => nick), ["me", "bob", "carol", "abot"]);
    });

    it("applies a diff, also for somebody never seen", () => {
        const diff = { room: "r", joined: [user("carol")], left: [user("bob"), user("ghost")], count: 2 };
        const after = applyPresence(peopleOf(joined(["alice", "bob"])), diff);
        assert.deepEqual([...after.members!.keys()], ["id-alice", "id-carol"]);
    });

    it("gives the list up when only a count comes that it does not match", () => {
        const before = peopleOf(joined(["alice", "bob"]));
        assert.ok(applyPresence(before, { room: "r", joined: [], left: [], count: 2 }).members);
        assert.deepEqual(applyPresence(before, { room: "r", joined: [], left: [], count: 900 }), { count: 900 });
    });
});

describe("typing", () => {
    const typing = (nick: string, state: "active" | "paused" | "done") => ({ room: "r", user: user(nick), state });

    it("names one, two, several", () => {
        let typists: Typists = [];
        assert.equal(describeTypists(typists), "");
        typists = applyTyping(typists, typing("alice", "active"), 0);
        assert.equal(describeTypists(typists), "alice is typing");
        typists = applyTyping(typists, typing("bob", "active"), 0);
        assert.equal(describeTypists(typists), "alice and bob are typing");
        typists = applyTyping(typists, typing("carol", "active"), 0);
        assert.equal(describeTypists(typists), "several people are typing");
    });

    it("ends when done, cleared or too old", () => {
        const active = applyTyping([], typing("alice", "active"), 0);
        assert.deepEqual(applyTyping(active, typing("alice", "done"), 1), []);
        assert.deepEqual(clearTypist(active, "id-alice"), []);
        assert.equal(expireTypists(active, 6_999), active);
        assert.deepEqual(expireTypists(active, 7_000), []);
        const renewed = applyTyping(active, typing("alice", "active"), 5_000);
        assert.equal(expireTypists(renewed, 7_000).length, 1);
    });

    it("reports at most one active in three seconds, and done once", () => {
        let now = 0;
        const reports: string[] = [];
        const reporter = new TypingReporter(() => now, (state) => reports.push(`${now} ${state}`));
        for (now = 0; now <= 6_000; now += 500) reporter.onInput("text");
        reporter.onInput("");
        reporter.onInput("");
        reporter.onInput("x");
        reporter.onSent();
        reporter.onInput("");
        assert.deepEqual(reports, ["0 active", "3000 active", "6000 active", "6500 done", "6500 active"]);
    });
});

describe("text", () => {
    it("counts bytes, not characters", () => {
        assert.equal(byteLength("aä€😀"), 1 + 2 + 3 + 4);
    });

    it("makes initials of whole characters", () => {
        assert.equal(initials("alice"), "A");
        assert.equal(initials("ada lovelace"), "AL");
        assert.equal(initials("bob_42"), "B4");
        assert.equal(initials("😀x"), "😀");
        assert.equal(initials("  "), "?");
    });

    it("reads the room from the address", () => {
        assert.equal(roomFromHash(""), "lobby");
        assert.equal(roomFromHash("#"), "lobby");
        assert.equal(roomFromHash("#tea%20room"), "tea room");
        assert.equal(roomFromHash("#100%"), "100%");
    });
});
