import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ChatClient } from "../src/client/client";
import type { Delivery } from "../src/client/outbox";
import { FakeClock, FakeServer, settle } from "./fakes";

async function setUp() {
    const clock = new FakeClock();
    const server = new FakeServer();
    const client = new ChatClient("ws://test/ws", { openSocket: server.open, clock });
    const delivered: Delivery[] = [];
    const rejected: string[] = [];
    client.events.on("delivered", (delivery) => delivered.push(delivery));
    client.events.on("rejected", ({ request, error }) => rejected.push(`${request.cid} ${error.code}`));
    const entered = client.enter("alice", "lobby");
    await server.admit();
    await entered;
    return { clock, server, client, delivered, rejected };
}

function message(cid: string) {
    return { room: "lobby", text: `text of ${cid}`, cid };
}

describe("outbox", () => {
    it("sends one message after the other", async () => {
        const { server, client, delivered } = await setUp();
        client.send(message("a"));
        client.send(message("b"));
        assert.equal(server.socket.count("message"), 1);
        await server.socket.answer("message", { room: "lobby", seq: 1, ts: 5 });
        assert.equal(server.socket.last("message")["cid"], "b");
        await server.socket.answer("message", { room: "lobby" });
        assert.deepEqual(delivered, [{ cid: "a", room: "lobby", seq: 1, ts: 5 }, { cid: "b", room: "lobby" }]);
    });

    it("sends what was not confirmed again after a reconnect, with the same cid", async () => {
        const { clock, server, client, delivered } = await setUp();
        client.send(message("a"));
        server.socket.drop();
        client.send(message("b"));
        await clock.advance(500);
        await server.admit();
        assert.deepEqual(server.socket.last("message"), { type: "message", ...message("a"), id: "3" });
        await server.socket.answer("message", { seq: 1, ts: 5 });
        assert.equal(server.socket.last("message")["cid"], "b");
        assert.equal(delivered.length, 1);
    });

    it("does not send again what was seen in the room", async () => {
        const { clock, server, client } = await setUp();
        client.send(message("a"));
        const from = { id: "u1", nick: "alice" };
        server.socket.push({ type: "message", room: "lobby", seq: 1, ts: 1, from, text: "x", cid: "a" });
        server.socket.drop();
        await clock.advance(500);
        await server.admit();
        assert.equal(server.socket.count("message"), 0);
    });

    it("sends again when the answer got lost on a connection that lives", async () => {
        const { clock, server, client, delivered } = await setUp();
        client.send(message("a"));
        await clock.advance(10_000);
        await server.socket.answer("ping", {});
        assert.equal(server.socket.count("message"), 2);
        await server.socket.answer("message", { seq: 1, ts: 5 });
        assert.equal(delivered.length, 1);
    });

    it("tells what is not answered for a while, and never gives it up", async () => {
        const { clock, server, client, delivered, rejected } = await setUp();
        const status = () => client.queued[0]?.status;
        client.send(message("a"));
        assert.equal(status(), "sent");
        await clock.advance(3_000);
        assert.equal(status(), "unconfirmed");
        await clock.advance(7_000);
        for (let i = 2; i <= 10; i++) {
            await server.socket.answer("ping", {});
            assert.equal(server.socket.count("message"), i);
            await clock.advance(10_000);
        }
        assert.deepEqual(rejected, []);
        await server.socket.answer("ping", {});
        await server.socket.answer("message", { seq: 1, ts: 5 });
        assert.equal(delivered.length, 1);
        assert.equal(status(), undefined);
    });

    it("reports a refusal and goes on with the next message", async () => {
        const { server, client, rejected } = await setUp();
        client.send(message("a"));
        client.send(message("b"));
        await server.socket.refuse("message", { code: "filtered" });
        assert.deepEqual(rejected, ["a filtered"]);
        assert.equal(server.socket.last("message")["cid"], "b");
    });

    it("waits out a slow mode, and holds the later messages back meanwhile", async () => {
        const { clock, server, client, rejected } = await setUp();
        client.send(message("a"));
        client.send(message("b"));
        await server.socket.refuse("message", { code: "slow_mode", retry_after: 4.2 });
        await clock.advance(4_199);
        assert.equal(server.socket.count("message"), 1);
        await clock.advance(1);
        await settle();
        assert.equal(server.socket.last("message")["cid"], "a");
        assert.deepEqual(rejected, []);
    });

    it("forgets everything on leaving", async () => {
        const { server, client } = await setUp();
        client.send(message("a"));
        client.logOut();
        const entered = client.enter("alice", "lobby");
        await server.admit();
        await entered;
        assert.equal(server.socket.count("message"), 0);
    });
});
