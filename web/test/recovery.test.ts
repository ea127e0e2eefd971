import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ChatClient } from "../src/client/client";
import type { Gap } from "../src/client/types";
import { FakeClock, settle } from "./fakes";
import type { ModelOptions } from "./model_server";
import { ModelServer } from "./model_server";

const bob = { id: "b", nick: "bob" };

interface Seen {
    epoch: string;
    seq: number;
    text: string;
}

/** Chance that is the same each time (mulberry32). */
function seeded(seed: number): () => number {
    return () => {
        seed = (seed + 0x6d2b79f5) | 0;
        let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    };
}

async function setUp(options: ModelOptions, seed = 1, mostMissed = 1_000) {
    const clock = new FakeClock();
    const chance = seeded(seed);
    const server = new ModelServer(options, chance, clock.now);
    const client = new ChatClient("ws://test/ws", { openSocket: server.open, clock, mostMissed });
    const seen: Record<string, Seen[]> = {};
    const gaps: Gap[] = [];
    const trail: string[] = [];
    client.events.on("message", ({ room, epoch, seq, text }) => {
        (seen[room] ??= []).push({ epoch, seq, text });
        trail.push(text);
    });
    client.events.on("gap", (gap) => {
        gaps.push(gap);
        trail.push("gap");
    });
    client.events.on("caughtUp", () => trail.push("caughtUp"));
    const flow = async (ms = 0) => {
        for (let i = 0; i < 10; i++) {
            server.flush();
            await clock.advance(ms / 10);
        }
    };
    const entered = client.enter("alice", "lobby");
    await flow();
    await entered;
    const say = (text: string, room = "lobby") => server.tell(room, bob, { type: "message", text });
    return { clock, chance, server, client, seen, gaps, trail, flow, say };
}

const texts = (seen: Seen[] | undefined) => seen?.map(({ text }) => text).join(" ") ?? "";

describe("coming back", () => {
    it("gets what was missed by itself, and tells when that was all", async () => {
        const { server, client, trail, gaps, flow, say } = await setUp({ history: false, keep: 10 });
        say("one");
        await flow();
        server.cut();
        say("two");
        say("three");
        client.retryNow();
        await flow();
        say("four");
        await flow();
        assert.deepEqual(trail, ["caughtUp", "one", "two", "three", "caughtUp", "four"]);
        assert.deepEqual(gaps, []);
    });

    it("tells of the gap before what the history still has", async () => {
        const { server, client, trail, gaps, flow, say } = await setUp({ history: true, keep: 2, page: 3 });
        say("m1");
        await flow();
        server.cut();
        for (let i = 2; i <= 9; i++) say(`m${i}`);
        server.room("lobby").removeUpTo(5);
        client.retryNow();
        await flow();
        const { epoch } = server.room("lobby");
        assert.deepEqual(trail, ["caughtUp", "m1", "gap", "m6", "m7", "m8", "m9", "caughtUp"]);
        assert.deepEqual(gaps, [{ room: "lobby", from: { epoch, seq: 1 }, to: { epoch, seq: 5 } }]);
    });

    it("fetches what the server does not keep, page by page, before what comes alive", async () => {
        const { server, client, trail, flow, say } = await setUp({ history: true, keep: 2, page: 3 });
        server.cut();
        for (let i = 1; i <= 8; i++) say(`m${i}`);
        client.retryNow();
        server.flush();
        await settle();
        server.flush();
        say("live");
        await flow();
        assert.deepEqual(trail.slice(1), ["m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "live", "caughtUp"]);
    });

    it("joins again after a crash, and goes on with the history", async () => {
        const { server, client, trail, flow, say } = await setUp({ history: true, keep: 100 });
        say("one");
        await flow();
        server.restart();
        say("two");
        client.retryNow();
        await flow();
        say("three");
        await flow();
        assert.deepEqual(trail.slice(1), ["one", "two", "caughtUp", "three"]);
    });

    it("goes on where it was when the connection is lost again in the middle", async () => {
        const { server, client, trail, gaps, flow, say } = await setUp({ history: true, keep: 0, page: 2 });
        server.cut();
        for (let i = 1; i <= 6; i++) say(`m${i}`);
        client.retryNow();
        for (let i = 0; i < 3; i++) {
            server.flush(1);
            await settle();
        }
        server.flush(1);
        server.cut();
        const soFar = trail.length;
        client.retryNow();
        await flow();
        assert.ok(soFar < 6);
        assert.deepEqual(trail.slice(1), ["m1", "m2", "m3", "m4", "m5", "m6", "caughtUp"]);
        assert.deepEqual(gaps, []);
    });

    const unrecoverable: [string, ModelOptions, number, boolean, number][] = [
        ["a server without a history", { history: false, keep: 0 }, 1_000, false, 3],
        ["more than it wants", { history: true, keep: 0 }, 1, false, 3],
        ["a room that was made anew", { history: false, keep: 0 }, 1_000, true, 2],
    ];
    for (const [what, options, most, isAnew, to] of unrecoverable) {
        it(`tells of a gap: ${what}`, async () => {
            const { server, client, trail, gaps, flow, say } = await setUp(options, 1, most);
            say("seen");
            await flow();
            const from = client.positions["lobby"];
            if (isAnew) server.restart();
            server.cut();
            say("lost");
            say("lost");
            client.retryNow();
            await flow();
            say("live");
            await flow();
            assert.deepEqual(gaps, [{ room: "lobby", from, to: { epoch: server.room("lobby").epoch, seq: to } }]);
            assert.deepEqual(trail.slice(1), ["seen", "gap", "caughtUp", "live"]);
        });
    }

    it("tells of a gap when the history has another log", async () => {
        const { server, client, gaps, flow, say } = await setUp({ history: true, keep: 0 });
        server.cut();
        say("lost");
        client.retryNow();
        // The hello and the welcome, which says that something was missed.
        server.flush(1);
        await settle();
        server.room("lobby").epoch = "other";
        await flow();
        assert.equal(gaps.length, 1);
    });

    it("begins a room at a position that is given", async () => {
        const { server, client, seen, flow, say } = await setUp({ history: true, keep: 0 });
        for (const text of ["a", "b", "c"]) say(text, "garden");
        const joined = client.join("garden", { epoch: server.room("garden").epoch, seq: 1 });
        await flow();
        await joined;
        assert.equal(texts(seen["garden"]), "b c");
    });
});

describe("whatever happens", () => {
    const kinds: [string, ModelOptions][] = [
        ["with a history", { history: true, keep: 5, page: 4 }],
        ["without one", { history: false, keep: 5 }],
    ];
    for (const [name, options] of kinds) {
        for (let seed = 1; seed <= 25; seed++) {
            it(`${name}: nothing is doubled, out of order, or missed unsaid (${seed})`, () => play(options, seed));
        }
    }
});

/** A hundred and fifty times something happens; then all is well for a while. */
async function play(options: ModelOptions, seed: number): Promise<void> {
    const { clock, chance, server, client, seen, gaps, flow, say } = await setUp(options, seed);
    const rooms = ["lobby", "garden"];
    const garden = client.join("garden");
    await flow();
    await garden;
    server.doubling = 0.2;
    const delivered = new Map<string, number>();
    client.events.on("delivered", ({ cid }) => delivered.set(cid, (delivered.get(cid) ?? 0) + 1));
    const sent: Record<string, string[]> = { lobby: [], garden: [] };
    let n = 0;
    const happen: [number, (room: string) => void][] = [
        [0.35, (room) => say(`b${++n}`, room)],
        [0.5, (room) => {
            sent[room]!.push(`a${++n}`);
            client.send({ room, text: `a${n}` });
        }],
        [0.8, () => server.flush(1 + Math.floor(chance() * 8))],
        [0.85, () => server.cut()],
        [0.87, () => server.forgetSessions()],
        // Without a store, who is forgotten may have said it as somebody else.
        [0.9, () => options.history && server.restart()],
        [1, () => client.retryNow()],
    ];
    for (let i = 0; i < 150; i++) {
        const roll = chance();
        const room = rooms[Math.floor(chance() * 2)]!;
        if (!options.history && roll >= 0.85 && roll < 0.9) continue;
        happen.find(([below]) => roll < below)![1](room);
        await clock.advance(chance() < 0.2 ? 2_000 : 0);
    }
    for (let i = 0; i < 30; i++) await flow(5_000);
    for (const room of rooms) {
        check(seen[room] ?? [], gaps.filter((gap) => gap.room === room), options.history);
        const log = server.room(room).log.map(({ text }) => String(text));
        assert.deepEqual(log.filter((text) => text.startsWith("a")), sent[room], "sent once, in order");
        assert.equal(seen[room]?.at(-1)?.seq ?? 0, server.room(room).seq, "all the way");
    }
    assert.deepEqual(client.queued, []);
    assert.ok([...delivered.values()].every((times) => times === 1));
    assert.equal(delivered.size, sent["lobby"]!.length + sent["garden"]!.length);
}

function check(seen: Seen[], gaps: Gap[], hasHistory: boolean): void {
    let at = 0;
    const gapAt = (seq: number) => gaps.find(({ from }) => from.seq === seq);
    for (const { seq } of seen) {
        for (let gap = gapAt(at); gap && gap.to.seq < seq; gap = gapAt(at)) at = gap.to.seq;
        assert.equal(seq, at + 1);
        at = seq;
    }
    if (hasHistory) assert.deepEqual(gaps, []);
}
