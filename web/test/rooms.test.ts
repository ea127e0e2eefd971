import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ChatClient } from "../src/client/client";
import type { ChatError } from "../src/client/errors";
import type { ClientEvents } from "../src/client/events";
import { FakeClock, FakeServer, HELLO, settle } from "./fakes";

const bob = { id: "u2", nick: "bob" };
const say = (room: string, seq: number) => ({ type: "message", room, seq, ts: 1, from: bob, text: `${room} ${seq}` });

async function setUp(features: string[] = []) {
    const clock = new FakeClock();
    const server = new FakeServer();
    const client = new ChatClient("ws://test/ws", { openSocket: server.open, clock });
    const trail: string[] = [];
    client.events.on("joined", ({ room }) => trail.push(`joined ${room}`));
    client.events.on("left", ({ room, error }) => trail.push(`left ${room}${error ? `: ${error.message}` : ""}`));
    client.events.on("kicked", ({ room, reason }) => trail.push(`kicked ${room}: ${reason}`));
    client.events.on("message", ({ text }) => trail.push(text));
    const hello = { ...HELLO, features: [...HELLO.features, ...features] };
    /** Logs in; `rooms` are those of the welcome. */
    const admit = async (rooms: object[] = [], resumed = false) => {
        server.socket.push(hello);
        await settle();
        const user = { id: "u1", nick: "alice" };
        await server.socket.answer("login", { type: "welcome", user, resume_token: "t", resumed, rooms });
    };
    const loggedIn = client.logIn("alice");
    await admit();
    await loggedIn;
    return { clock, server, client, trail, admit };
}

describe("rooms", () => {
    it("are joined and left, each with a position of its own", async () => {
        const { server, client, trail } = await setUp();
        for (const [room, seq] of [["lobby", 7], ["garden", 2]] as const) {
            const joined = client.join(room);
            await server.socket.answer("join", { room, epoch: `of ${room}`, seq, count: 1 });
            assert.equal((await joined).seq, seq);
        }
        server.socket.push(say("garden", 3));
        assert.deepEqual(client.positions, {
            lobby: { epoch: "of lobby", seq: 7 },
            garden: { epoch: "of garden", seq: 3 },
        });
        const left = client.leave("lobby");
        await server.socket.answer("leave", { room: "lobby" });
        await left;
        assert.deepEqual(Object.keys(client.positions), ["garden"]);
        assert.deepEqual(trail, ["joined lobby", "joined garden", "garden 3", "left lobby"]);
    });

    it("emit what overtakes the answer to join after it", async () => {
        const { server, client, trail } = await setUp();
        const joined = client.join("lobby");
        server.socket.push(say("lobby", 8));
        assert.deepEqual(trail, []);
        await server.socket.answer("join", { room: "lobby", epoch: "e", seq: 8, count: 1 });
        await joined;
        server.socket.push(say("lobby", 9));
        assert.deepEqual(trail, ["joined lobby", "lobby 8", "lobby 9"]);
    });

    it("take what comes in the same instant as the answer", async () => {
        const { server, client, trail } = await setUp();
        void client.join("lobby");
        const { id } = server.socket.last("join");
        server.socket.push({ type: "ok", id, room: "lobby", epoch: "e", seq: 1, count: 1 });
        server.socket.push(say("lobby", 2));
        server.socket.push(say("lobby", 2));
        assert.deepEqual(trail, ["joined lobby", "lobby 2"]);
    });

    it("follow what other sessions of the user join and leave", async () => {
        const { server, client, trail } = await setUp();
        server.socket.push({ type: "joined", room: "tea", epoch: "e", seq: 1, count: 1 });
        server.socket.push(say("tea", 2));
        server.socket.push({ type: "left", room: "tea" });
        assert.deepEqual(trail, ["joined tea", "tea 2", "left tea"]);
        assert.deepEqual(client.positions, {});
    });

    it("are gone when one is kicked, with what was on its way there", async () => {
        const { server, client, trail } = await setUp();
        server.socket.push({ type: "joined", room: "tea", epoch: "e", seq: 1, count: 1 });
        const cid = client.send({ room: "tea", text: "x" });
        server.socket.push({ type: "kicked", room: "tea", reason: "manners" });
        assert.equal(trail.at(-1), "kicked tea: manners");
        const [queued] = client.queued;
        assert.ok(queued?.status === "failed" && queued.request.cid === cid && queued.error.code === "forbidden");
    });

    it("of two are asked for by the other one's id", async () => {
        const { server, client } = await setUp(["direct"]);
        const opened = client.openDirect("u2");
        assert.equal(server.socket.last("dm")["user"], "u2");
        await server.socket.answer("dm", { room: "dm:u1:u2", epoch: "e", seq: 0, count: 2, with: bob });
        assert.deepEqual((await opened).with, bob);
        assert.ok(client.positions["dm:u1:u2"]);
    });

    it("all come back by one resume, and what is not there is joined again or left", async () => {
        const { server, client, trail, admit } = await setUp();
        for (const room of ["a", "b", "c"])
            server.socket.push({ type: "joined", room, epoch: "e", seq: 1, count: 1 });
        trail.length = 0;
        server.socket.drop();
        client.retryNow();
        await admit([
            { room: "a", epoch: "e", seq: 2, count: 1, recovered: true, missed: 1 },
            { room: "new", epoch: "e", seq: 5, count: 1, recovered: false },
        ], true);
        const { resume } = server.socket.last("login") as { resume?: { rooms: object } };
        const at = { epoch: "e", seq: 1 };
        assert.deepEqual(resume?.rooms, { a: at, b: at, c: at });
        server.socket.push(say("a", 2));
        const joins = server.socket.sent.filter(({ type }) => type === "join");
        assert.deepEqual(joins.map(({ room }) => room), ["b", "c"]);
        server.socket.push({ type: "ok", id: joins[0]!.id, room: "b", epoch: "e", seq: 1, count: 1 });
        server.socket.push({ type: "error", id: joins[1]!.id, code: "not_found", message: "no such room" });
        await settle();
        assert.deepEqual(trail, ["joined a", "joined new", "a 2", "joined b", "left c: no such room"]);
    });

    it("that one may join only later are asked for then", async () => {
        const { clock, server, client, trail, admit } = await setUp();
        server.socket.push({ type: "joined", room: "a", epoch: "e", seq: 1, count: 1 });
        server.socket.drop();
        client.retryNow();
        await admit();
        await server.socket.refuse("join", { code: "rate_limited", retry_after: 3 });
        await clock.advance(2_999);
        assert.equal(server.socket.count("join"), 1);
        await clock.advance(1);
        await server.socket.answer("join", { room: "a", epoch: "e", seq: 1, count: 1 });
        assert.deepEqual(trail, ["joined a", "joined a"]);
    });

    it("that were left without a connection are left with the next one", async () => {
        const { server, client, trail, admit } = await setUp();
        server.socket.push({ type: "joined", room: "a", epoch: "e", seq: 1, count: 1 });
        server.socket.drop();
        await client.leave("a");
        client.retryNow();
        await admit([{ room: "a", epoch: "e", seq: 1, count: 1 }], true);
        assert.equal(server.socket.last("leave")["room"], "a");
        assert.deepEqual(trail, ["joined a", "left a"]);
    });

    it("reject what is asked without a connection", async () => {
        const { server, client } = await setUp();
        server.socket.drop();
        const isClosed = (error: ChatError) => error.code === "closed";
        await assert.rejects(client.join("a"), isClosed);
        await assert.rejects(client.history("a"), isClosed);
    });
});

describe("what has been read", () => {
    it("is told when it can be, and only ever goes up", async () => {
        const { server, client, admit } = await setUp(["readmarks"]);
        const reads: ClientEvents["read"][] = [];
        client.events.on("read", (read) => reads.push(read));
        server.socket.push({ type: "joined", room: "a", epoch: "e", seq: 9, count: 1, read_seq: 4 });
        client.markRead("a", 4);
        assert.equal(server.socket.count("read"), 0);
        client.markRead("a", 6);
        await server.socket.answer("read", { room: "a", read_seq: 6 });
        server.socket.push({ type: "read", room: "a", seq: 8 });
        client.markRead("a", 7);
        assert.equal(server.socket.count("read"), 1);
        assert.deepEqual(reads, [{ room: "a", seq: 8 }]);
        assert.equal(client.positions["a"]?.seq, 9);
        server.socket.drop();
        client.markRead("a", 9);
        client.retryNow();
        await admit([{ room: "a", epoch: "e", seq: 9, count: 1, recovered: true, read_seq: 8 }], true);
        assert.equal(server.socket.last("read")["seq"], 9);
    });
});

describe("questions", () => {
    it("get typed answers", async () => {
        const { server, client } = await setUp();
        const rooms = client.rooms();
        await server.socket.answer("rooms", { rooms: [{ room: "a", count: 2, topic: "t" }, { count: 1 }] });
        assert.deepEqual(await rooms, [{ room: "a", count: 2, topic: "t" }]);

        const page = client.history("a", { before: 9, limit: 2 });
        assert.deepEqual(server.socket.last("history"), { type: "history", id: "3", room: "a", before: 9, limit: 2 });
        const events = [say("a", 7), { type: "sparkle", room: "a", seq: 8 }, 3];
        await server.socket.answer("history", { room: "a", epoch: "e", seq: 20, events, has_more: true });
        const { events: [message], hasMore, seq } = await page;
        assert.ok(message?.type === "message" && message.asOf === 20 && message.epoch === "e");
        assert.deepEqual([hasMore, seq], [true, 20]);

        const found = client.search("tea", { before: 5 });
        await server.socket.answer("search", { results: [{ ...say("a", 7), type: undefined }], has_more: false });
        assert.equal((await found).results[0]?.text, "a 7");

        const refused = assert.rejects(client.command("a", "/nonsense"), (error: ChatError) => error.code === "not_found");
        assert.equal(server.socket.last("message")["cid"], undefined);
        await server.socket.refuse("message", { code: "not_found" });
        await refused;
    });
});
