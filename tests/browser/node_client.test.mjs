// The client library in Node, as programs use it, over connections that break.

import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { LIB, Program, SRCDIR, applyChange, until } from "./program.mjs";
import { Server, hasModule } from "./server.mjs";
import { Way } from "./way.mjs";

function numbered(prefix, n) {
    return Array.from({ length: n }, (_, i) => `${prefix} ${i}`);
}

function isAscending(numbers) {
    return numbers.every((number, i) => i === 0 || number > numbers[i - 1]);
}

after(() => Program.leaveAll());

describe("programs", () => {
    let server, alice, bob;

    before(async () => {
        server = await Server.start();
        alice = await Program.enter(server.address, "alice");
        bob = await Program.enter(server.address, "bob");
    });
    after(async () => {
        alice?.leave();
        bob?.leave();
        await server?.end();
    });

    it("are told when there is no server", async () => {
        await assert.rejects(new Program("ws://127.0.0.1:1/ws").client.enter("carol", "lobby"), { code: "closed" });
    });

    it("talk in several rooms", async () => {
        await Promise.all([alice.client.join("garden"), bob.client.join("garden")]);
        alice.say("to the lobby");
        alice.say("to the garden", "garden");
        await until("both", () => bob.texts("to the").length + bob.texts("to the", "garden").length === 2);
        assert.deepEqual(bob.texts("to the", "garden"), ["to the garden"]);
        const names = (await bob.client.rooms()).map(({ room }) => room);
        assert.ok(names.includes("garden") && names.includes("lobby"));
        await bob.client.leave("garden");
        assert.deepEqual(Object.keys(bob.client.positions), ["lobby"]);
    });

    it("are told why something is refused, and what a command answers", async () => {
        const rejected = bob.next("rejected");
        const cid = bob.say("/nonsense");
        assert.equal((await rejected).error.code, "not_found");
        assert.equal(bob.client.queued[0].status, "failed");
        bob.client.discard(cid);
        const notice = bob.next("notice");
        await bob.client.command("lobby", "/help");
        assert.match((await notice).text, /roll/);
    });

    it("see each other type and go", async () => {
        const typing = alice.next("typing");
        bob.client.typing("lobby", "active");
        assert.equal((await typing).user.nick, "bob");
        // Who comes and goes within a moment is not told of.
        await until("bob is here", () => alice.here.has("bob"));
        await bob.client.leave("lobby");
        await until("bob is gone", () => !alice.here.has("bob"));
    });
});

describe("one user and another", () => {
    let server;

    before(async () => (server = await Server.start({ resumeWindow: "60s" })));
    after(() => server?.end());

    it("have a room of two", async () => {
        const alice = await Program.enter(server.address, "alice");
        const bob = await Program.enter(server.address, "bob");
        const joined = bob.next("joined");
        const { room, with: other } = await alice.client.openDirect(bob.client.user.id);
        assert.equal(other.nick, "bob");
        alice.say("just you", room);
        assert.equal((await joined).with.nick, "alice");
        await until("it comes", () => bob.texts("just", room).length === 1);
        alice.leave();
        bob.leave();
    });

    it("have sessions that know of each other", async () => {
        let kept;
        const sessions = { read: () => kept, write: (session) => (kept = session) };
        const first = await Program.enter(server.address, "alice", "lobby", { sessions });
        const second = new Program(server.address, { sessions });
        await second.client.logIn("alice");
        assert.equal(second.client.user.id, first.client.user.id);
        assert.deepEqual(Object.keys(second.client.positions), ["lobby"]);
        const joined = first.next("joined");
        await second.client.join("garden");
        assert.equal((await joined).room, "garden");
        second.say("hello", "garden");
        await until("both sessions have it", () => first.texts("hello", "garden").length === 1);
        const left = second.next("left");
        await first.client.leave("garden");
        assert.equal((await left).room, "garden");
        first.leave();
        second.leave();
    });
});

describe("a message", () => {
    let server, alice, bob;

    before(async () => {
        server = await Server.start({ resumeWindow: "60s", modules: ["edits", "reactions", "readmarks"] });
        alice = await Program.enter(server.address, "alice");
        bob = await Program.enter(server.address, "bob");
    });
    after(async () => {
        alice?.leave();
        bob?.leave();
        await server?.end();
    });

    /** What bob knows of a message that alice has just sent, with all changes. */
    async function sentByAlice(text) {
        const told = bob.next("message");
        alice.say(text);
        const known = { message: await told, changes: 0 };
        for (const name of ["edit", "delete", "reaction"])
            bob.client.events.on(name, (change) => {
                const changed = applyChange(known.message, change, bob.client.user.id);
                if (changed !== known.message) known.changes++;
                known.message = changed;
            });
        return known;
    }

    it("is edited, reacted to and deleted", async () => {
        const known = await sentByAlice("helo");
        const { seq } = known.message;
        alice.client.edit("lobby", seq, "hello");
        alice.client.react("lobby", seq, "👍");
        bob.client.react("lobby", seq, "👍");
        await until("three changes", () => known.changes === 3);
        assert.equal(known.message.text, "hello");
        assert.ok(known.message.edited);
        assert.deepEqual(known.message.reactions, [{ key: "👍", count: 2, me: true }]);
        bob.client.react("lobby", seq, "👍", "remove");
        alice.client.remove("lobby", seq);
        await until("it is deleted", () => known.message.deleted);
        assert.equal(known.message.text, "");
        await until("all is confirmed", () => alice.client.queued.length + bob.client.queued.length === 0);
    });

    it("is not for others to edit", async () => {
        const known = await sentByAlice("mine");
        const rejected = bob.next("rejected");
        bob.client.edit("lobby", known.message.seq, "ours");
        const { request, error } = await rejected;
        assert.deepEqual([request.type, error.code], ["edit", "forbidden"]);
    });

    it("is read in all sessions of a user", async () => {
        let kept;
        const sessions = { read: () => kept, write: (session) => (kept = session) };
        const first = await Program.enter(server.address, "carol", "lobby", { sessions });
        const second = new Program(server.address, { sessions });
        const joined = second.next("joined");
        await second.client.logIn("carol");
        await joined;
        const known = await sentByAlice("read this");
        await until("it comes", () => first.texts("read this").length === 1);
        const read = second.next("read");
        first.client.markRead("lobby", known.message.seq);
        assert.deepEqual(await read, { room: "lobby", seq: known.message.seq });
        const third = new Program(server.address, { sessions });
        const again = third.next("joined");
        await third.client.logIn("carol");
        assert.equal((await again).readSeq, known.message.seq);
        for (const program of [first, second, third]) program.leave();
    });
});

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
            await until(seen, () => program.texts("alice").length >= 200 && program.texts("bob").length >= 200);
            assert.deepEqual(program.texts("alice"), fromAlice);
            assert.deepEqual(program.texts("bob"), fromBob);
            assert.ok(isAscending(program.seqs()));
            assert.deepEqual(program.gaps, []);
        }
        await until("all is confirmed", () => alice.client.queued.length === 0);
    });
});

describe("a server that is killed", { skip: !hasModule("history") && "without the module history" }, () => {
    let server, alice, bob;

    before(async () => {
        server = await Server.start({ resumeWindow: "60s", modules: ["history"] });
        alice = await Program.enter(server.address, "alice");
        bob = await Program.enter(server.address, "bob");
    });
    after(async () => {
        alice?.leave();
        bob?.leave();
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
            await until(seen, () => program.texts("alice").length >= 150 && program.texts("bob").length >= 150);
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
});

describe("the bot of the documentation", () => {
    let server, folder, bot;

    before(async () => {
        server = await Server.start();
        folder = await mkdtemp(join(tmpdir(), "chatd-bot-"));
        const [, code] = /```js\n(.*?)```/s.exec(await readFile(join(SRCDIR, "web/README.md"), "utf8"));
        await writeFile(join(folder, "bot.mjs"), code);
        await mkdir(join(folder, "node_modules"));
        const ws = dirname(createRequire(import.meta.url).resolve("ws/package.json"));
        await symlink(LIB, join(folder, "node_modules/chatd-client"));
        await symlink(ws, join(folder, "node_modules/ws"));
        bot = spawn(process.execPath, [join(folder, "bot.mjs"), server.address], { stdio: ["ignore", "pipe", "inherit"] });
        const [line] = await once(bot.stdout, "data");
        assert.equal(`${line}`, "ready\n");
    });
    after(async () => {
        bot?.kill("SIGKILL");
        await server?.end();
        await rm(folder, { recursive: true });
    });

    it("does what it says, and goes when it is told to", async () => {
        const alice = await Program.enter(server.address, "alice");
        alice.say("echo /me is no command");
        await until("an answer", () => alice.texts("/me").length === 1);
        const ended = once(bot, "exit");
        bot.kill("SIGTERM");
        assert.deepEqual(await ended, [0, null]);
        alice.leave();
    });
});
