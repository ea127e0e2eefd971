import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ChatClient } from "../src/client/client";
import type { ClientOptions } from "../src/client/options";
import type { KeptQueue } from "../src/client/queued";
import { ChatApp } from "../src/state/app";
import { draftsInMemory } from "../src/state/drafts";
import { FakeClock, FakeServer, HELLO, settle } from "./fakes";

async function setUp(joined: object = {}, options: ClientOptions = {}, drafts = draftsInMemory()) {
    const clock = new FakeClock();
    const server = new FakeServer();
    let cids = 0;
    const newCid = () => `c${++cids}`;
    const app = new ChatApp(new ChatClient("ws://test/ws", { openSocket: server.open, clock, newCid, ...options }), clock, { drafts });
    app.open("lobby");
    const entered = app.join("alice");
    await server.admit(joined);
    await entered;
    return { clock, server, app };
}

const bob = { id: "u2", nick: "bob" };

describe("ChatApp", () => {
    it("opens the dialog with the server's suggestion, and closes it when in", async () => {
        const clock = new FakeClock();
        const server = new FakeServer();
        const app = new ChatApp(new ChatClient("ws://test/ws", { openSocket: server.open, clock }), clock);
        app.open("lobby");
        const entered = app.join("alice");
        assert.deepEqual(app.dialog.value, { open: true, busy: true });
        server.socket.push(HELLO);
        await settle();
        await server.socket.refuse("login", { code: "nick_in_use", suggestion: "alice2", message: "taken" });
        await entered;
        const error = { message: "taken", suggestion: "alice2" };
        assert.deepEqual(app.dialog.value, { open: true, busy: false, error });
        const again = app.join("alice2");
        await settle();
        await server.socket.answer("login", { type: "welcome", user: { id: "u1", nick: "alice2" } });
        await server.socket.answer("join", { room: "lobby", epoch: "e", seq: 0, count: 1 });
        await again;
        assert.equal(app.dialog.value.open, false);
    });

    it("asks nobody when it comes back by itself, unless that fails", async () => {
        const clock = new FakeClock();
        const server = new FakeServer();
        const app = new ChatApp(new ChatClient("ws://test/ws", { openSocket: server.open, clock }), clock);
        const entered = app.join("alice", true);
        assert.equal(app.dialog.value.open, false);
        app.write("typed early");
        app.sendDraft();
        assert.equal(app.room.value.draft.value, "typed early");
        server.socket.drop();
        await entered;
        assert.deepEqual(app.dialog.value, { open: true, busy: false, error: { message: "The server cannot be reached." } });
    });

    it("does not send what is empty or over the limit, and keeps the draft", async () => {
        const { server, app } = await setUp();
        app.write("  ");
        app.sendDraft();
        app.write("é".repeat(51));
        assert.equal(app.bytesLeft.value, -2);
        app.sendDraft();
        assert.equal(server.socket.count("message"), 0);
        assert.equal(app.room.value.draft.value, "é".repeat(51));
    });

    it("retries a refused message with the same cid, and takes one back for editing", async () => {
        const { server, app } = await setUp();
        app.write("hello");
        app.sendDraft();
        await server.socket.refuse("message", { code: "filtered" });
        const failed = app.room.value.timeline.value[0];
        assert.ok(failed?.kind === "message" && failed.status === "failed");
        app.retry(failed);
        assert.equal(server.socket.count("message"), 2);
        assert.equal(server.socket.last("message")["cid"], "c1");
        await server.socket.refuse("message", { code: "filtered" });
        app.write("draft");
        app.edit(failed);
        assert.equal(app.room.value.draft.value, "hello\ndraft");
        assert.equal(app.room.value.timeline.value.length, 0);
    });

    it("marks what was missed between two connections, and only then", async () => {
        const { clock, server, app } = await setUp({ seq: 7 });
        server.socket.push({ type: "message", room: "lobby", seq: 8, ts: 1, from: bob, text: "x" });
        server.socket.drop();
        await clock.advance(500);
        await server.admit({ seq: 8 });
        assert.equal(app.room.value.timeline.value.length, 1);
        server.socket.drop();
        app.retryConnection();
        await server.admit({ seq: 11 });
        const gap = app.room.value.timeline.value[1];
        assert.ok(gap?.kind === "gap");
        assert.deepEqual(gap.range, { epoch: "e1", from: 8, to: 11 });
    });

    it("drops a typist after their message, after a while, and when they leave", async () => {
        const { clock, server, app } = await setUp();
        const type = () => server.socket.push({ type: "typing", room: "lobby", user: bob, state: "active" });
        type();
        assert.equal(app.room.value.typists.value.length, 1);
        server.socket.push({ type: "message", room: "lobby", seq: 1, ts: 1, from: bob, text: "x" });
        assert.equal(app.room.value.typists.value.length, 0);
        type();
        await clock.advance(7_000);
        assert.equal(app.room.value.typists.value.length, 0);
        type();
        server.socket.push({ type: "presence", room: "lobby", joined: [], left: [bob], count: 1 });
        assert.equal(app.room.value.typists.value.length, 0);
    });

    it("asks for a name when the server does not know us any more, and keeps what was said", async () => {
        const { clock, server, app } = await setUp();
        server.socket.push({ type: "message", room: "lobby", seq: 1, ts: 1, from: bob, text: "x" });
        server.socket.drop();
        await clock.advance(500);
        server.socket.push(HELLO);
        await settle();
        await server.socket.refuse("login", { code: "forbidden", message: "members only" });
        assert.deepEqual(app.dialog.value, { open: true, busy: false, error: { message: "members only" } });
        assert.equal(app.room.value.timeline.value.length, 1);
    });

    it("shows edits and deletions in place, each in its room", async () => {
        const { server, app } = await setUp();
        const base = { room: "lobby", ts: 1, from: bob };
        server.socket.push({ type: "joined", room: "tea", epoch: "e", seq: 0, count: 1 });
        server.socket.push({ type: "message", ...base, seq: 1, text: "x" });
        server.socket.push({ type: "message", ...base, seq: 2, text: "y" });
        server.socket.push({ type: "message", ...base, room: "tea", seq: 1, text: "elsewhere" });
        server.socket.push({ type: "edit", ...base, seq: 3, target: 1, text: "z" });
        server.socket.push({ type: "delete", ...base, seq: 4, target: 2 });
        const [first, second, ...rest] = app.room.value.timeline.value;
        assert.ok(first?.kind === "message" && first.status === "sent" && second?.kind === "message");
        assert.deepEqual([first.text, first.edited?.seq], ["z", 3]);
        assert.ok(second.status === "sent" && second.deleted);
        assert.deepEqual(rest, []);
        assert.equal(app.stateOf("tea").timeline.value.length, 1);
    });

    it("keeps a draft for each room, and where it is kept", async () => {
        const drafts = draftsInMemory();
        drafts.write("tea", "from yesterday");
        const { server, app } = await setUp({}, {}, drafts);
        server.socket.push({ type: "joined", room: "tea", epoch: "e", seq: 0, count: 1 });
        assert.deepEqual([...app.rooms.value.keys()], ["lobby", "tea"]);
        app.write("for the lobby");
        app.open("tea");
        assert.equal(app.room.value.draft.value, "from yesterday");
        app.sendDraft();
        app.open("lobby");
        assert.equal(app.room.value.draft.value, "for the lobby");
        assert.deepEqual(drafts.read(), { lobby: "for the lobby", tea: "" });
        assert.equal(server.socket.last("message")["room"], "tea");
    });

    it("shows another room when it is removed from one", async () => {
        const { server, app } = await setUp();
        server.socket.push({ type: "joined", room: "tea", epoch: "e", seq: 0, count: 1 });
        server.socket.push({ type: "kicked", room: "lobby", reason: "manners" });
        assert.equal(app.roomName.value, "tea");
        assert.equal(app.dialog.value.open, false);
    });

    it("tells what is not confirmed from what waits", async () => {
        const { clock, server, app } = await setUp();
        const status = () => app.room.value.timeline.value.map((entry) => entry.kind === "message" && entry.status);
        app.write("hello");
        app.sendDraft();
        assert.deepEqual(status(), ["pending"]);
        await clock.advance(3_000);
        assert.deepEqual(status(), ["unconfirmed"]);
        await server.socket.answer("message", { room: "lobby", seq: 1, ts: 1 });
        assert.deepEqual(status(), ["sent"]);
    });

    it("shows what was written before the page was loaded again, and sends it", async () => {
        const text = (cid: string) => ({ type: "message" as const, room: "lobby", cid, text: cid });
        const queue: KeptQueue["queue"] = [
            { request: text("refused"), status: "failed", error: { code: "filtered", message: "too rude" } },
            { request: text("waiting"), status: "pending" },
        ];
        const outbox = { read: () => ({ nick: "alice", queue }), write: () => {} };
        const { server, app } = await setUp({}, { outbox });
        const shown = app.room.value.timeline.value.map((entry) => entry.kind === "message" && `${entry.text} ${entry.status}`);
        assert.deepEqual(shown, ["refused failed", "waiting pending"]);
        assert.equal(server.socket.last("message")["cid"], "waiting");
    });

    it("asks where to go when it is removed from the room, and goes back there", async () => {
        const { server, app } = await setUp();
        server.socket.push({ type: "kicked", room: "lobby", reason: "manners" });
        assert.deepEqual(app.dialog.value, { open: true, busy: false, error: { message: "manners" } });
        const again = app.join("alice");
        await settle();
        await server.socket.answer("join", { room: "lobby", epoch: "e1", seq: 0, count: 1 });
        await again;
        assert.equal(app.dialog.value.open, false);
        assert.equal(server.sockets.length, 1);
    });
});
