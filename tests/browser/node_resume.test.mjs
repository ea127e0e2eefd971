// The client library in Node, over connections that break and servers that are killed.

import { strict as assert } from "node:assert";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Program, until } from "./program.mjs";
import { Server, hasModule } from "./server.mjs";
import { Way } from "./way.mjs";

function numbered(prefix, n) {
    return Array.from({ length: n }, (_, i) => `${prefix} ${i}`);
}

function isAscending(numbers) {
    return numbers.every((number, i) => i === 0 || number > numbers[i - 1]);
}

after(() => Program.leaveAll());

describe("connections that break", () => {
    let server, way, alice, bob;

    before(async () => {
        server = await Server.start({ resumeWindow: "60s" });
        way = await Way.to(server.port);
        alice = await Program.enter(way.address, "alice");
        bob = await Program.enter(server.address, "bob");
    });
    after(async () => {
        alice?.leave();
        bob?.leave();
        way?.close();
        await server?.end();
    });

    it("lose and double nothing", async () => {
        const [fromAlice, fromBob] = [numbered("alice", 200), numbered("bob", 200)];
        for (let i = 0; i < 200; i++) {
            alice.say(fromAlice[i]);
            bob.say(fromBob[i]);
            if (i % 20 === 10) {
                way.cut();
                way.mend();
                alice.client.retryNow();
            }
            await sleep(5);
        }
        for (const program of [alice, bob]) {
            const seen = () => `${program.texts("alice").length} and ${program.texts("bob").length} of 200`;
            await until(seen, () => {
                // After so many cuts it would wait for long.
                program.client.retryNow();
                return program.texts("alice").length >= 200 && program.texts("bob").length >= 200;
            });
            assert.deepEqual(program.texts("alice"), fromAlice);
            assert.deepEqual(program.texts("bob"), fromBob);
            assert.ok(isAscending(program.seqs()));
            assert.deepEqual(program.gaps, []);
        }
        await until("all is confirmed", () => alice.client.queued.length === 0);
    });
});

describe("a server that is killed", { skip: !hasModule("history") && "without the module history" }, () => {
    let server, way, alice, bob;

    before(async () => {
        server = await Server.start({ resumeWindow: "60s", modules: ["history", "edits", "reactions"] });
        way = await Way.to(server.port);
        alice = await Program.enter(way.address, "alice");
        bob = await Program.enter(server.address, "bob");
    });
    after(async () => {
        alice?.leave();
        bob?.leave();
        way?.close();
        await server?.end();
    });

    it("and comes back has lost and doubled nothing", async () => {
        const ids = [alice, bob].map(({ client }) => client.user.id);
        const [fromAlice, fromBob] = [numbered("alice", 150), numbered("bob", 150)];
        for (let i = 0; i < 150; i++) {
            alice.say(fromAlice[i]);
            bob.say(fromBob[i]);
            if (i % 50 === 25) {
                await server.kill();
                await server.start();
                alice.client.retryNow();
            }
            await sleep(5);
        }
        for (const program of [alice, bob]) {
            const seen = () => `${program.texts("alice").length} and ${program.texts("bob").length} of 150`;
            await until(seen, () => {
                program.client.retryNow();
                return program.texts("alice").length >= 150 && program.texts("bob").length >= 150;
            });
            assert.deepEqual(program.texts("alice"), fromAlice);
            assert.deepEqual(program.texts("bob"), fromBob);
            assert.ok(isAscending(program.seqs()));
            assert.deepEqual(program.gaps, []);
        }
        assert.deepEqual([alice, bob].map(({ client }) => client.user.id), ids);
        const page = await bob.client.history("lobby", { after: 0, limit: 10 });
        assert.equal(page.events[0].seq, 1);
        assert.ok(page.hasMore);
    });

    it("tells who was away what became of the messages", async () => {
        const seqs = [];
        for (const text of ["edited", "deleted", "both", "liked"]) {
            const delivered = bob.next("delivered");
            bob.say(text);
            seqs.push((await delivered).seq);
        }
        const [edited, deleted, both, liked] = seqs;
        await until("alice has them", () => alice.seqs().includes(liked));
        way.cut();
        bob.client.edit("lobby", edited, "edited once");
        bob.client.remove("lobby", deleted);
        bob.say("new");
        await server.kill();
        await server.start();
        bob.client.retryNow();
        bob.client.edit("lobby", edited, "edited twice");
        bob.client.edit("lobby", both, "not for long");
        bob.client.remove("lobby", both);
        bob.client.react("lobby", liked, "👍");
        await until("all is stored", () => bob.client.queued.length === 0 && bob.client.state.phase === "online");
        way.mend();
        alice.client.retryNow();
        await until("the last change", () => alice.known().some(({ reactions }) => reactions));
        const [first, , , fourth] = alice.known().slice(-5);
        assert.deepEqual(alice.known().slice(-5).map(({ text }) => text), ["edited twice", "", "", "liked", "new"]);
        assert.deepEqual(first, bob.known().find(({ seq }) => seq === edited));
        assert.deepEqual(fourth.reactions, [{ key: "👍", count: 1, me: false, by: [bob.client.user] }]);
        assert.deepEqual(alice.gaps, []);
    });
});
