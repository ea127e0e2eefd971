import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ChatError } from "../src/client/errors";
import { setUp, setUpOnline } from "./client_setup";
import { HELLO, settle } from "./fakes";

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

    it("has its first login wait for its turn, too, and forgets it when another is asked for", async () => {
        const { clock, server, client } = setUp();
        const first = assert.rejects(client.enter("alice", "lobby"), hasCode("closed"));
        server.socket.push(HELLO);
        await settle();
        await server.socket.refuse("login", { code: "unavailable", retry_after: 9 });
        const second = client.enter("alice2", "lobby");
        await first;
        await server.admit();
        await second;
        await clock.advance(10_000);
        assert.equal(server.sockets[0]!.count("login"), 1);
        assert.equal(client.state.phase, "online");
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
