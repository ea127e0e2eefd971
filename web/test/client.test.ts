import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ChatClient } from "../src/client/client";
import { ChatError } from "../src/client/errors";
import type { ConnectionState } from "../src/client/types";
import { FakeClock, FakeServer, HELLO, settle } from "./fakes";

function setUp() {
    const clock = new FakeClock();
    const server = new FakeServer();
    const client = new ChatClient("ws://test/ws", { openSocket: server.open, clock });
    const phases: ConnectionState["phase"][] = [];
    client.events.on("state", ({ phase }) => phases.push(phase));
    return { clock, server, client, phases };
}

async function setUpOnline(welcome: object = {}) {
    const all = setUp();
    const entered = all.client.enter("alice", "lobby");
    await all.server.admit({}, welcome);
    await entered;
    return all;
}

function message(seq: number) {
    return { type: "message", room: "lobby", seq, ts: 1, from: { id: "u2", nick: "bob" }, text: `n${seq}` };
}

function hasCode(code: string) {
    return (error: unknown) => error instanceof ChatError && error.code === code;
}

describe("entering", () => {
    it("logs in and joins after the hello", async () => {
        const { server, client, phases } = setUp();
        const entered = client.enter("alice", "lobby");
        await settle();
        assert.equal(server.socket.sent.length, 0);
        await server.admit();
        await entered;
        assert.equal(server.socket.last("login")["nick"], "alice");
        assert.equal(server.socket.last("join")["room"], "lobby");
        assert.deepEqual(phases, ["connecting", "online"]);
    });

    it("tells of a taken nick and asks again on the same connection", async () => {
        const { server, client } = setUp();
        const first = client.enter("alice", "lobby");
        server.socket.push(HELLO);
        await settle();
        const refused = assert.rejects(first, (error: ChatError) => error.details.suggestion === "alice2");
        await server.socket.refuse("login", { code: "nick_in_use", suggestion: "alice2" });
        await refused;

        const second = client.enter("alice2", "lobby");
        await settle();
        await server.socket.answer("login", { type: "welcome", user: { id: "u", nick: "alice2" } });
        await server.socket.answer("join", { room: "lobby", epoch: "e", seq: 0, count: 1 });
        await second;
        assert.equal(server.sockets.length, 1);
    });

    it("gives up when the server cannot be reached", async () => {
        const { clock, server, client } = setUp();
        const refused = assert.rejects(client.enter("alice", "lobby"), hasCode("closed"));
        server.socket.drop();
        await refused;
        await clock.advance(60_000);
        assert.equal(server.sockets.length, 1);
        assert.equal(client.state.phase, "offline");
    });

    it("gives up on a server that says no hello", async () => {
        const { clock, client } = setUp();
        const refused = assert.rejects(client.enter("alice", "lobby"), hasCode("closed"));
        await clock.advance(10_000);
        await refused;
    });

    it("closes the connection when the room is refused", async () => {
        const { server, client } = setUp();
        const refused = assert.rejects(client.enter("alice", "secret"), hasCode("forbidden"));
        await server.welcome();
        await server.socket.refuse("join", { code: "forbidden" });
        await refused;
        assert.equal(server.socket.closedWith, 1000);
    });
});

describe("reconnecting", () => {
    it("comes back with growing waits, and logs in and joins again", async () => {
        const { clock, server, client, phases } = await setUpOnline();
        server.socket.drop();
        assert.equal(client.state.phase, "waiting");
        await clock.advance(499);
        assert.equal(server.sockets.length, 1);
        await clock.advance(1);
        assert.equal(server.sockets.length, 2);
        server.socket.drop();
        await clock.advance(999);
        assert.equal(server.sockets.length, 2);
        await clock.advance(1);
        await server.admit();
        assert.equal(client.state.phase, "online");
        assert.deepEqual(phases.slice(2), ["waiting", "connecting", "waiting", "connecting", "online"]);
    });

    it("comes back as the same user, and says what it has seen", async () => {
        const { server, client, phases } = await setUpOnline({ resume_token: "t1" });
        const joined: (boolean | undefined)[] = [];
        client.events.on("joined", ({ recovered }) => joined.push(recovered));
        server.socket.push(message(1));
        server.socket.push(message(2));
        server.socket.drop();
        client.retryNow();
        server.socket.push(HELLO);
        await settle();
        assert.deepEqual(server.socket.last("login")["resume"], {
            token: "t1",
            rooms: { lobby: { epoch: "e1", seq: 2 } },
        });
        await server.socket.answer("login", {
            type: "welcome",
            user: { id: "u1", nick: "alice" },
            resume_token: "t2",
            rooms: [{ room: "lobby", epoch: "e1", seq: 3, count: 1, recovered: true, missed: 1 }],
        });
        server.socket.push(message(3));
        assert.equal(server.socket.count("join"), 0);
        assert.deepEqual(joined, [true]);
        assert.equal(phases.at(-1), "online");

        server.socket.drop();
        client.retryNow();
        server.socket.push(HELLO);
        await settle();
        assert.deepEqual(server.socket.last("login")["resume"], {
            token: "t2",
            rooms: { lobby: { epoch: "e1", seq: 3 } },
        });
    });

    it("joins again what the server does not know any more", async () => {
        const { server, client } = await setUpOnline({ resume_token: "t1" });
        server.socket.drop();
        client.retryNow();
        await server.admit();
        assert.equal(server.socket.count("join"), 1);
        assert.equal(client.state.phase, "online");
    });

    it("keeps its token from other nicks, and forgets it when it leaves", async () => {
        const { server, client } = await setUpOnline({ resume_token: "t1" });
        client.logOut();
        const entered = client.enter("alice", "lobby");
        server.socket.push(HELLO);
        await settle();
        assert.equal(server.socket.last("login")["resume"], undefined);
        await server.admit({}, { resume_token: "t2" });
        await entered;
        server.socket.drop();
        const other = client.enter("bob", "lobby");
        server.socket.push(HELLO);
        await settle();
        assert.equal(server.socket.last("login")["resume"], undefined);
        await server.admit();
        await other;
    });

    it("tries at once when asked to", async () => {
        const { server, client } = await setUpOnline();
        server.socket.drop();
        client.retryNow();
        await server.admit();
        assert.equal(client.state.phase, "online");
    });

    it("returns after a 4000 close and stays away after a 4500 one", async () => {
        const { clock, server, client } = await setUpOnline();
        server.socket.drop(4000, "slow reader");
        await clock.advance(500);
        await server.admit();
        server.socket.drop(4500, "kicked");
        assert.deepEqual(client.state, { phase: "offline", reason: "kicked" });
        await clock.advance(120_000);
        assert.equal(server.sockets.length, 2);
    });

    it("waits as long as the server asks", async () => {
        const { clock, server } = await setUpOnline();
        server.socket.drop();
        await clock.advance(500);
        server.socket.push(HELLO);
        await settle();
        await server.socket.refuse("login", { code: "rate_limited", retry_after: 12 });
        await clock.advance(11_999);
        assert.equal(server.sockets.length, 2);
        await clock.advance(1);
        assert.equal(server.sockets.length, 3);
    });

    it("outlasts its own ghost, but not somebody else under its nick", async () => {
        const { clock, server, client } = await setUpOnline();
        const expelled: string[] = [];
        client.events.on("expelled", (error) => expelled.push(error.code));
        server.socket.drop();
        while (expelled.length === 0) {
            const known = server.sockets.length;
            await clock.advance(30_000);
            assert.ok(server.sockets.length > known, "another try was made");
            server.socket.push(HELLO);
            await settle();
            await server.socket.refuse("login", { code: "nick_in_use", suggestion: "alice2" });
        }
        assert.deepEqual(expelled, ["nick_in_use"]);
        assert.ok(server.sockets.length > 2);
        assert.equal(client.state.phase, "offline");
    });

    it("does not come back after leaving", async () => {
        const { clock, server, client } = await setUpOnline();
        client.logOut();
        assert.equal(server.socket.closedWith, 1000);
        await clock.advance(120_000);
        assert.equal(server.sockets.length, 1);
        assert.equal(client.state.phase, "offline");
    });
});

describe("keeping alive", () => {
    it("pings a silent server and leaves it when no answer comes", async () => {
        const { clock, server, client } = await setUpOnline();
        await clock.advance(25_000);
        await clock.advance(25_000);
        assert.equal(server.socket.count("ping"), 1);
        await server.socket.answer("ping", {});
        await clock.advance(50_000);
        assert.equal(client.state.phase, "online");
        assert.equal(server.socket.count("ping"), 2);
        await clock.advance(10_000);
        assert.equal(server.sockets[0]!.closedWith, 4001);
        assert.notEqual(client.state.phase, "online");
    });
});

describe("events", () => {
    it("passes known ones on and ignores the rest", async () => {
        const { server, client } = await setUpOnline();
        const texts: string[] = [];
        client.events.on("message", ({ text }) => texts.push(text));
        const from = { id: "u2", nick: "bob" };
        server.socket.push("no json");
        server.socket.push({ type: "sparkle", room: "lobby" });
        server.socket.push({ type: "message", room: "lobby", seq: 1, ts: 1, from, text: 7 });
        server.socket.push({ type: "message", room: "lobby", seq: 2, ts: 1, from, text: "hi", later: true });
        assert.deepEqual(texts, ["hi"]);
    });
});
