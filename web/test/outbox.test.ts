import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Queued } from "../src/client/queued";
import { settle } from "./fakes";
import { message, setUpOutbox as setUp } from "./outbox_setup";

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

    it("has edits, deletions and reactions in their order, too", async () => {
        const { server, client, delivered } = await setUp();
        client.send({ room: "lobby", text: "x", replyTo: 3, cid: "a" });
        client.edit("lobby", 4, "y");
        client.remove("lobby", 5);
        client.react("lobby", 6, "+1");
        const bodies = [
            { type: "message", room: "lobby", text: "x", reply_to: 3 },
            { type: "edit", room: "lobby", target: 4, text: "y" },
            { type: "delete", room: "lobby", target: 5 },
            { type: "reaction", room: "lobby", target: 6, key: "+1", op: "add" },
        ];
        const cids = client.queued.map(({ request }) => request.cid);
        for (const [i, body] of bodies.entries()) {
            const { id, ...sent } = server.socket.sent.at(-1)!;
            assert.deepEqual(sent, { ...body, cid: cids[i] });
            await server.socket.answer(body.type, { room: "lobby", seq: 10 + i, ts: 1 });
        }
        assert.deepEqual(delivered.map(({ cid }) => cid), cids);
    });

    it("does not let one room wait for another", async () => {
        const { server, client } = await setUp();
        server.socket.push({ type: "joined", room: "tea", epoch: "e", seq: 0, count: 1 });
        client.send(message("a"));
        client.send({ room: "tea", text: "x", cid: "b" });
        assert.deepEqual(server.socket.sent.slice(-2).map(({ cid }) => cid), ["a", "b"]);
    });

    it("tells of what waits for a room, and of each change", async () => {
        const { server, client } = await setUp();
        const trail: string[] = [];
        client.events.on("queued", ({ status }: Queued) => trail.push(status));
        client.send({ room: "tea", text: "x", cid: "b" });
        server.socket.push({ type: "joined", room: "tea", epoch: "e", seq: 0, count: 1 });
        await server.socket.refuse("message", { code: "slow_mode", retry_after: 5 });
        server.socket.drop();
        client.retryNow();
        await server.welcome();
        server.socket.push({ type: "joined", room: "tea", epoch: "e", seq: 0, count: 1 });
        await server.socket.refuse("message", { code: "filtered" });
        assert.deepEqual(trail, ["pending", "sent", "pending", "sent", "failed"]);
    });

    it("keeps what was refused until it is sent again or discarded", async () => {
        const { server, client, delivered } = await setUp();
        for (const cid of ["a", "b"]) {
            client.send(message(cid));
            await server.socket.refuse("message", { code: "filtered" });
        }
        client.retry("a");
        client.discard("b");
        await server.socket.answer("message", { seq: 1, ts: 5 });
        assert.deepEqual(delivered.map(({ cid }) => cid), ["a"]);
        assert.deepEqual(client.queued, []);
    });

    it("refuses what it would have to hold for too long", async () => {
        const { server, client, rejected } = await setUp();
        client.send(message("a"));
        await server.socket.refuse("message", { code: "muted", retry_after: 3_600 });
        assert.deepEqual(rejected, ["a muted"]);
    });

    it("confirms what comes back in the room, once", async () => {
        const { server, client, delivered } = await setUp();
        client.remove("lobby", 1);
        const { cid } = server.socket.last("delete");
        server.socket.push({ type: "delete", room: "lobby", seq: 2, ts: 3, target: 1, cid });
        await server.socket.answer("delete", { room: "lobby", seq: 2, ts: 3 });
        assert.deepEqual(delivered, [{ cid, room: "lobby", seq: 2, ts: 3 }]);
    });
});
