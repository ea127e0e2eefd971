import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { User } from "../src/client/types";
import type { Timeline } from "../src/state/timeline";
import {
    addGap,
    addMessage,
    addNotice,
    addPending,
    change,
    confirm,
    continuesGroup,
    fail,
    MOST_ENTRIES,
} from "../src/state/timeline";

const alice = { id: "a", nick: "alice" };
const bob = { id: "b", nick: "bob" };

const pending = (timeline: Timeline, cid: string) => addPending(timeline, { cid, text: cid }, alice, 0);
const message = (seq: number, ts: number, from: User, text: string) =>
    ({ type: "message", room: "r", epoch: "e", seq, ts, from, text, asOf: seq }) as const;
const fromBob = (timeline: Timeline, seq: number, ts = 0) =>
    addMessage(timeline, message(seq, ts, bob, `bob ${seq}`), false);
const echo = (timeline: Timeline, seq: number, cid: string, text = cid) =>
    addMessage(timeline, { ...message(seq, 1, alice, text), cid }, true);

function outline(timeline: Timeline): string[] {
    return timeline.map((entry) => (entry.kind === "message" ? `${entry.text}:${entry.status}` : entry.kind));
}

describe("timeline", () => {
    it("keeps pending messages below what arrives meanwhile", () => {
        let timeline = fromBob(pending([], "x"), 1);
        assert.deepEqual(outline(timeline), ["bob 1:sent", "x:pending"]);
        timeline = addGap(addNotice(timeline, { room: "r", text: "n" }, "k", 0), undefined, "g", 0);
        assert.deepEqual(outline(timeline), ["bob 1:sent", "notice", "gap", "x:pending"]);
    });

    it("takes the echo before the answer, and the answer before the echo", () => {
        const answer = { cid: "x", room: "r", seq: 2, ts: 7 };
        for (const timeline of [
            confirm(echo(pending([], "x"), 2, "x", "masked"), answer, "e"),
            echo(confirm(pending([], "x"), answer, "e"), 2, "x", "masked"),
        ]) {
            assert.deepEqual(outline(timeline), ["masked:sent"]);
            assert.equal(timeline[0]!.key, "x");
        }
    });

    it("confirms the first of two pending messages in its place", () => {
        const timeline = confirm(pending(pending(fromBob([], 1), "x"), "y"), { cid: "x", room: "r", seq: 2, ts: 0 }, "e");
        assert.deepEqual(outline(timeline), ["bob 1:sent", "x:sent", "y:pending"]);
    });

    it("removes a command that was taken", () => {
        assert.deepEqual(confirm(pending([], "/roll"), { cid: "/roll", room: "r" }, "e"), []);
    });

    it("leaves a failed message where it is, and moves it down when sent again", () => {
        let timeline = fail(pending([], "x"), "x", "too rude");
        timeline = fromBob(timeline, 1);
        assert.deepEqual(outline(timeline), ["x:failed", "bob 1:sent"]);
        timeline = pending(timeline, "x");
        assert.deepEqual(outline(timeline), ["bob 1:sent", "x:pending"]);
    });

    it("does not fail what was confirmed", () => {
        const timeline = echo(pending([], "x"), 1, "x");
        assert.equal(fail(timeline, "x", "late"), timeline);
    });

    it("keeps the newest entries only", () => {
        const many = Array.from({ length: MOST_ENTRIES }, (_, i) => fromBob([], i + 1)[0]!);
        const timeline = fromBob(many, MOST_ENTRIES + 1);
        assert.equal(timeline.length, MOST_ENTRIES);
        assert.equal(outline(timeline)[0], "bob 2:sent");
    });

    it("groups messages of one author that are close in time", () => {
        const [first, second, late] = fromBob(fromBob(fromBob([], 1, 0), 2, 1_000), 3, 400_000);
        const own = echo([], 9, "x")[0];
        assert.ok(first?.kind === "message" && second?.kind === "message" && late?.kind === "message");
        assert.ok(own?.kind === "message");
        assert.equal(continuesGroup(undefined, first), false);
        assert.equal(continuesGroup(first, second), true);
        assert.equal(continuesGroup(second, late), false);
        assert.equal(continuesGroup(first, own), false);
    });

    it("tells messages of two logs with the same number apart", () => {
        const timeline = fromBob(fromBob([], 1), 2);
        const edit = { type: "edit", room: "r", epoch: "e", seq: 3, ts: 1, target: 1, from: bob, text: "y" } as const;
        assert.deepEqual(outline(change(timeline, edit, "a")), ["y:sent", "bob 2:sent"]);
        assert.equal(change(timeline, { ...edit, epoch: "other" }, "a"), timeline);
        assert.equal(change(timeline, { ...edit, target: 9 }, "a"), timeline);
    });
});
