import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { applyChange, laterOf } from "../src/client/changes";
import { decodeEvent } from "../src/client/decode_events";
import type { Message, MessageChange } from "../src/client/room_events";

const alice = { id: "a", nick: "alice" };
const bob = { id: "b", nick: "bob" };
const message: Message = { type: "message", room: "r", epoch: "e", seq: 5, ts: 1, from: alice, text: "x", asOf: 5 };
const base = { room: "r", epoch: "e", ts: 9, target: 5, from: bob };
const edit = (seq: number, text?: string): MessageChange =>
    ({ type: "edit", ...base, seq, ...(text !== undefined && { text }) });
const reaction = (seq: number, op: "add" | "remove", from = bob): MessageChange =>
    ({ type: "reaction", ...base, seq, key: "+1", op, from });

describe("applyChange", () => {
    it("takes each change once, in the order of their numbers", () => {
        const edited = applyChange(message, edit(7, "y"));
        assert.deepEqual(edited, { ...message, text: "y", edited: { seq: 7, ts: 9 }, asOf: 7 });
        assert.equal(applyChange(edited, edit(7, "y")), edited);
        assert.equal(applyChange(edited, edit(6, "late")), edited);
    });

    it("leaves other messages alone, and those of another log", () => {
        assert.equal(applyChange(message, { ...edit(7, "y"), target: 6 }), message);
        assert.equal(applyChange(message, { ...edit(7, "y"), epoch: "new" }), message);
    });

    it("knows what a message from the history has already", () => {
        const told = { ...message, text: "y", edited: { seq: 7, ts: 9 }, asOf: 20 };
        assert.equal(applyChange(told, edit(7, "y")), told);
        assert.equal(applyChange(told, edit(21, "z")).text, "z");
    });

    it("keeps the text when the edit has lost its own to a later one", () => {
        const edited = applyChange(message, edit(7));
        assert.equal(edited.text, "x");
        assert.equal(applyChange(edited, edit(8, "z")).text, "z");
    });

    it("leaves nothing of what was deleted, for good", () => {
        const rich = applyChange(applyChange(message, edit(6, "y")), reaction(7, "add"));
        const deleted = applyChange(rich, { type: "delete", ...base, seq: 8 });
        assert.deepEqual(deleted, { ...message, text: "", deleted: true, asOf: 8 });
        assert.equal(applyChange(deleted, edit(9, "again")).text, "");
    });

    it("counts who reacted, and knows whether that was me", () => {
        let now: Message = message;
        const counts = () => now.reactions;
        now = applyChange(now, reaction(6, "add"), "a");
        const by = [{ id: "b", nick: "bob" }];
        assert.deepEqual(counts(), [{ key: "+1", count: 1, me: false, by }]);
        now = applyChange(now, reaction(7, "add", alice), "a");
        assert.deepEqual(counts(), [{ key: "+1", count: 2, me: true, by }]);
        now = applyChange(now, reaction(8, "add", alice), "a");
        assert.deepEqual(counts(), [{ key: "+1", count: 2, me: true, by }]);
        now = applyChange(now, reaction(9, "remove"), "a");
        now = applyChange(now, reaction(10, "remove", alice), "a");
        assert.deepEqual(counts(), []);
    });

    it("prefers the later telling", () => {
        const later = { ...message, asOf: 9 };
        assert.equal(laterOf(message, later), later);
        assert.equal(laterOf(later, message), later);
    });
});

describe("decodeEvent", () => {
    const numbers = { room: "r", seq: 5, ts: 1 };

    it("reads a message from the history as of the answer", () => {
        const frame = {
            type: "message",
            ...numbers,
            from: alice,
            text: "y",
            edited: { seq: 7, ts: 9 },
            reactions: [{ key: "+1", count: 2, me: true }, { key: 3 }],
            reply_to: 2,
        };
        assert.deepEqual(decodeEvent(frame, "e", 20), {
            ...message,
            text: "y",
            asOf: 20,
            replyTo: 2,
            edited: { seq: 7, ts: 9 },
            reactions: [{ key: "+1", count: 2, me: true }],
        });
    });

    it("reads a deleted message, which has no text", () => {
        const told = decodeEvent({ type: "message", ...numbers, from: alice, deleted: true }, "e");
        assert.deepEqual(told, { ...message, text: "", deleted: true });
    });

    it("takes what it does not understand for an event all the same", () => {
        for (const frame of [
            { type: "sparkle", ...numbers },
            { type: "edit", ...numbers },
            { type: "reaction", ...numbers, target: 1, key: "x", op: "twist" },
        ]) {
            assert.deepEqual(decodeEvent(frame, "e"), { type: "unknown", epoch: "e", ...numbers, frame });
        }
        assert.equal(decodeEvent({ type: "typing", room: "r" }, "e"), undefined);
    });

    it("reads topics and polls", () => {
        const poll = { poll: "p", question: "q", choices: ["a", "b"], ends: 7 };
        const known = [
            { type: "topic", topic: "tea" },
            { type: "poll", ...poll, from: alice },
            { type: "poll_result", poll: "p", votes: [1, 0], ended: true },
        ];
        for (const event of known)
            assert.deepEqual(decodeEvent({ ...numbers, ...event }, "e"), { ...numbers, epoch: "e", ...event });
    });
});
