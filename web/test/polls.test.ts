import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Poll, PollResult } from "../src/client/room_events";
import { addOpenPolls, applyPollEvents, NO_POLLS, setMine, shares } from "../src/state/polls";

const base = { room: "lobby", epoch: "e", ts: 1 };
const question = { poll: "p", question: "tea?", choices: ["yes", "no"], ends: 9 };
const asked: Poll = { type: "poll", ...base, seq: 1, ...question };
const result: PollResult = { type: "poll_result", ...base, seq: 3, poll: "p", votes: [2, 1], ended: false };

describe("polls", () => {
    it("count votes, and end", () => {
        const polls = applyPollEvents(NO_POLLS, [asked, result]);
        assert.deepEqual(polls.get("p"), { question, result: { seq: 3, votes: [2, 1], ended: false } });
        const ended = applyPollEvents(polls, [{ ...result, seq: 4, ended: true }]);
        assert.equal(ended.get("p")?.result?.ended, true);
    });

    it("may be told of in any order", () => {
        const later = applyPollEvents(NO_POLLS, [result]);
        const all = applyPollEvents(later, [asked, { ...result, seq: 2, votes: [1, 0] }]);
        assert.deepEqual(all.get("p"), { question, result: { seq: 3, votes: [2, 1], ended: false } });
    });

    it("know one's own vote over what the server tells later", () => {
        const polls = setMine(applyPollEvents(NO_POLLS, [asked]), "p", 1);
        const open = addOpenPolls(polls, [{ ...question, votes: [0, 4] }], 7);
        assert.deepEqual([open.get("p")?.mine, open.get("p")?.result?.votes], [1, [0, 4]]);
        assert.equal(setMine(open, "p", undefined).get("p")?.mine, undefined);
    });

    it("show shares of a hundred", () => {
        assert.deepEqual(shares([2, 1, 0]), [67, 33, 0]);
        assert.deepEqual(shares([0, 0]), [0, 0]);
    });
});
