// The client library in Node, as programs use it, over connections that break.
//
//     CLIENT_LIB  the built library  default: $BUILDDIR/web/dist-lib

import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import WebSocket from "ws";
import { PATIENCE_MS, Server, hasModule } from "./server.mjs";
import { Way } from "./way.mjs";

const SRCDIR = resolve(process.env.SRCDIR || fileURLToPath(new URL("../..", import.meta.url)));
const LIB = resolve(process.env.CLIENT_LIB || join(process.env.BUILDDIR || SRCDIR, "web/dist-lib"));
const { ChatClient } = await import(pathToFileURL(join(LIB, "index.js")));

/** A client, and all that it told. */
class Program {
    static #all = [];
    gaps = [];
    /** Nicks of those who came after this one. */
    here = new Set();
    #messages = [];

    constructor(address, options = {}) {
        Program.#all.push(this);
        this.client = new ChatClient(address, { WebSocket, ...options });
        this.client.events.on("message", (message) => this.#messages.push(message));
        this.client.events.on("gap", (gap) => this.gaps.push(gap));
        this.client.events.on("presence", ({ joined, left }) => {
            for (const { nick } of joined) this.here.add(nick);
            for (const { nick } of left) this.here.delete(nick);
        });
    }

    static async enter(address, nick, room = "lobby", options = {}) {
        const program = new Program(address, options);
        await program.client.enter(nick, room);
        return program;
    }

    say(text, room = "lobby") {
        return this.client.send({ room, text });
    }

    /** The texts that begin so, in the order in which they came. */
    texts(prefix = "", room = "lobby") {
        return this.#messages.filter((message) => message.room === room && message.text.startsWith(prefix))
            .map(({ text }) => text);
    }

    seqs(room = "lobby") {
        return this.#messages.filter((message) => message.room === room).map(({ seq }) => seq);
    }

    next(name) {
        return new Promise((resolve) => {
            const stop = this.client.events.on(name, (event) => {
                stop();
                resolve(event);
            });
        });
    }

    leave() {
        this.client.logOut();
    }

    /** Those of tests that failed would not let Node end. */
    static leaveAll() {
        for (const program of Program.#all) program.leave();
    }
}

async function until(what, condition) {
    const deadline = Date.now() + PATIENCE_MS * 3;
    while (!condition()) {
        assert.ok(Date.now() < deadline, `${typeof what === "function" ? what() : what}: in vain`);
        await sleep(5);
    }
}

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
