// The client library in Node, as programs use it.

import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { LIB, Program, SRCDIR, until } from "./program.mjs";
import { Server } from "./server.mjs";

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

    /** The seq, once bob has it. */
    async function sentByAlice(text) {
        const told = bob.next("message");
        alice.say(text);
        return (await told).seq;
    }

    const knownToBob = (seq) => bob.known().find((message) => message.seq === seq);

    it("is edited, reacted to and deleted", async () => {
        const seq = await sentByAlice("helo");
        alice.client.edit("lobby", seq, "hello");
        alice.client.react("lobby", seq, "👍");
        bob.client.react("lobby", seq, "👍");
        await until("two reactions", () => knownToBob(seq).reactions?.[0]?.count === 2);
        assert.equal(knownToBob(seq).text, "hello");
        assert.ok(knownToBob(seq).edited);
        const [{ by, ...reaction }] = knownToBob(seq).reactions;
        assert.deepEqual(reaction, { key: "👍", count: 2, me: true });
        assert.deepEqual(by.map(({ nick }) => nick), ["alice"]); // the others: `me` tells of oneself
        bob.client.react("lobby", seq, "👍", "remove");
        await until("one is taken back", () => knownToBob(seq).reactions[0].count === 1);
        alice.client.remove("lobby", seq);
        await until("it is deleted", () => knownToBob(seq).deleted);
        assert.equal(knownToBob(seq).text, "");
        await until("all is confirmed", () => alice.client.queued.length + bob.client.queued.length === 0);
    });

    it("is not for others to edit", async () => {
        const seq = await sentByAlice("mine");
        const rejected = bob.next("rejected");
        bob.client.edit("lobby", seq, "ours");
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
        const seq = await sentByAlice("read this");
        await until("it comes", () => first.texts("read this").length === 1);
        const read = second.next("read");
        first.client.markRead("lobby", seq);
        assert.deepEqual(await read, { room: "lobby", seq });
        const third = new Program(server.address, { sessions });
        const again = third.next("joined");
        await third.client.logIn("carol");
        assert.equal((await again).readSeq, seq);
        for (const program of [first, second, third]) program.leave();
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
