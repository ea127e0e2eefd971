import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ChatClient } from "../src/client/client";
import type { OutboxStore } from "../src/client/queued";
import { decodeKeptQueue } from "../src/client/queued";
import { FakeServer } from "./fakes";
import { message, setUpOutbox as setUp } from "./outbox_setup";

describe("an outbox that is kept", () => {
    /** As a page has it: as text. */
    function kept() {
        let text: string | undefined;
        const store: OutboxStore = {
            read: () => (text === undefined ? undefined : decodeKeptQueue(JSON.parse(text))),
            write: (queue) => (text = queue && JSON.stringify(queue)),
        };
        return { store, text: () => text };
    }

    it("is sent by the next client of the same name, with the same cids", async () => {
        const { store, text } = kept();
        const before = await setUp(store);
        before.client.send(message("a"));
        before.client.send(message("b"));
        await before.server.socket.refuse("message", { code: "filtered", message: "no" });
        before.client.react("lobby", 7, "+1");

        const { server, client, delivered } = await setUp(store);
        assert.deepEqual(client.queued.map(({ status }) => status), ["failed", "sent", "pending"]);
        assert.deepEqual(server.socket.last("message")["cid"], "b");
        await server.socket.answer("message", { seq: 1, ts: 5 });
        await server.socket.answer("reaction", { seq: 2, ts: 5 });
        assert.equal(delivered.length, 2);
        client.discard("a");
        assert.equal(text(), undefined);
    });

    it("is not sent under another name, nor after a goodbye", async () => {
        const { store, text } = kept();
        const before = await setUp(store);
        before.client.send(message("a"));
        const other = new ChatClient("ws://test/ws", { openSocket: new FakeServer().open, outbox: store });
        void other.logIn("bob").catch(() => {});
        assert.deepEqual(other.queued, []);
        other.logOut();
        before.client.send(message("b"));
        before.client.logOut();
        assert.equal(text(), undefined);
    });

    it("drops what it does not understand", () => {
        const good = { type: "message", room: "r", cid: "c", text: "x" };
        const queue = [
            { request: good, status: "sent" },
            { request: { ...good, type: "dance" } },
            { request: { ...good, text: 7 } },
            null,
            { request: good, status: "failed", error: { code: "filtered" } },
        ];
        assert.deepEqual(decodeKeptQueue({ nick: "alice", queue })?.queue, [
            { request: good, status: "pending" },
            { request: good, status: "failed", error: { code: "filtered", message: "filtered" } },
        ]);
        assert.equal(decodeKeptQueue({ queue }), undefined);
    });
});
