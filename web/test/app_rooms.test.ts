import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ChatClient } from "../src/client/client";
import { ChatApp } from "../src/state/app";
import { roomsInMemory } from "../src/state/kept_rooms";
import { FakeClock, FakeServer, HELLO, settle } from "./fakes";

const bob = { id: "u2", nick: "bob" };

async function setUp({ joined = {}, rooms = roomsInMemory(), features = ["presence", "readmarks"] } = {}) {
    const clock = new FakeClock();
    const server = new FakeServer();
    const app = new ChatApp(new ChatClient("ws://test/ws", { openSocket: server.open, clock }), clock, { rooms });
    const entered = app.join("alice");
    server.socket.push({ ...HELLO, features });
    await settle();
    await server.socket.answer("login", { type: "welcome", user: { id: "u1", nick: "alice" }, resume_token: "t", rooms: [] });
    await server.socket.answer("join", { room: "lobby", epoch: "e1", seq: 0, count: 1, ...joined });
    await entered;
    const say = (room: string, seq: number, text = "x") =>
        server.socket.push({ type: "message", room, seq, ts: 1, from: bob, text });
    const push = (frame: object) => server.socket.push(frame);
    return { clock, server, app, say, push };
}

describe("the rooms of the app", () => {
    it("are read by looking at them, and the server is told soon and once", async () => {
        const { clock, server, app, say, push } = await setUp();
        push({ type: "joined", room: "tea", epoch: "t", seq: 4, read_seq: 4, count: 2 });
        say("lobby", 1);
        say("lobby", 2);
        say("tea", 5, "for @alice");
        assert.deepEqual(app.unread.value, { messages: 1, mentions: 1 });
        assert.equal(server.socket.count("read"), 0);
        await clock.advance(500);
        const { type, room, seq } = server.socket.last("read");
        assert.deepEqual([server.socket.count("read"), type, room, seq], [1, "read", "lobby", 2]);
        app.open("tea");
        app.room.value.isAtBottom.value = true;
        await clock.advance(500);
        assert.deepEqual(app.unread.value, { messages: 0, mentions: 0 });
        assert.equal(server.socket.last("read")["seq"], 5);
    });

    it("are not read while nobody is here, or looks at another place", async () => {
        const { clock, server, app, say } = await setUp();
        app.attention.isHere.value = false;
        say("lobby", 1);
        assert.equal(app.unread.value.messages, 1);
        app.attention.isHere.value = true;
        assert.equal(app.unread.value.messages, 0);
        app.room.value.isAtBottom.value = false;
        say("lobby", 2);
        await clock.advance(500);
        assert.equal(app.unread.value.messages, 1);
        assert.equal(server.socket.last("read")["seq"], 1);
    });

    it("take what another session has read", async () => {
        const { app, say, push } = await setUp();
        push({ type: "joined", room: "tea", epoch: "t", seq: 4, read_seq: 2, count: 2 });
        say("tea", 5);
        push({ type: "read", room: "tea", seq: 5 });
        assert.equal(app.unread.value.messages, 0);
        push({ type: "read", room: "tea", seq: 3 });
        assert.equal(app.stateOf("tea").readSeq.value, 5);
    });

    it("of two count every message as one for me", async () => {
        const { app, say, push } = await setUp();
        push({ type: "joined", room: "dm:a:b", epoch: "d", seq: 0, count: 2, with: bob });
        say("dm:a:b", 1);
        assert.deepEqual(app.unread.value, { messages: 1, mentions: 1 });
        assert.equal(app.stateOf("dm:a:b").title.value, "bob");
    });

    it("tell how much came while the connection was lost", async () => {
        const { server, app, say } = await setUp();
        say("lobby", 1);
        server.socket.drop();
        app.retryConnection();
        server.socket.push(HELLO);
        await settle();
        const room = { room: "lobby", epoch: "e1", seq: 3, count: 1, recovered: true, missed: 2 };
        const welcome = { type: "welcome", user: { id: "u1", nick: "alice" }, resumed: true, rooms: [room] };
        await server.socket.answer("login", welcome);
        say("lobby", 2);
        say("lobby", 3);
        assert.equal(app.room.value.unread.value.messages, 2, "not read before anybody could");
        assert.equal(app.heard.value?.text, "x");
        server.socket.push({ type: "caught_up" });
        await settle();
        assert.match(app.news.value?.text ?? "", /2 messages/);
        assert.equal(app.room.value.newAfter.value, 1);
        assert.equal(app.room.value.unread.value.messages, 0);
    });

    it("that somebody was in are entered again, and a refused one is forgotten", async () => {
        const rooms = roomsInMemory();
        rooms.write(["lobby", "tea", "secret"]);
        const { server, app } = await setUp({ rooms });
        const joins = server.socket.sent.filter(({ type }) => type === "join").map(({ room }) => room);
        assert.deepEqual(joins, ["lobby", "tea", "secret"]);
        const [tea, secret] = server.socket.sent.filter(({ type }) => type === "join").slice(1);
        server.socket.push({ type: "ok", id: tea!.id, room: "tea", epoch: "t", seq: 0, count: 1 });
        server.socket.push({ type: "error", id: secret!.id, code: "forbidden", message: "no" });
        await settle();
        assert.deepEqual([...app.rooms.value.keys()], ["lobby", "tea"]);
        assert.deepEqual(rooms.read(), ["lobby", "tea"]);
    });

    it("are asked for their history when they are shown or have news", async () => {
        const { server, app, push } = await setUp({ joined: { seq: 7 }, features: ["history", "readmarks"] });
        const asked = () => server.socket.sent.filter(({ type }) => type === "history").map(({ room, limit }) => `${room} ${limit}`);
        assert.deepEqual(asked(), ["lobby 50"]);
        push({ type: "joined", room: "read", epoch: "r", seq: 9, read_seq: 9, count: 2 });
        push({ type: "joined", room: "busy", epoch: "b", seq: 190, read_seq: 70, count: 2 });
        assert.deepEqual(asked().slice(1), ["busy 120"]);
        app.open("read");
        assert.deepEqual(asked().slice(2), ["read 50"]);
    });

    it("are asked for a sign of life when the page wakes, or connected to", async () => {
        const { server, app } = await setUp();
        app.wake();
        assert.equal(server.socket.count("ping"), 1);
        server.socket.drop();
        app.wake();
        assert.equal(server.sockets.length, 2, "there is nothing to wait for");
    });
});
