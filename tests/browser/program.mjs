// A program with the client library: what it does, and what it was told.
//
//     CLIENT_LIB  the built library  default: $BUILDDIR/web/dist-lib

import { strict as assert } from "node:assert";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import WebSocket from "ws";
import { PATIENCE_MS } from "./server.mjs";

export const SRCDIR = resolve(process.env.SRCDIR || fileURLToPath(new URL("../..", import.meta.url)));
export const LIB = resolve(process.env.CLIENT_LIB || join(process.env.BUILDDIR || SRCDIR, "web/dist-lib"));
const { ChatClient, applyChange } = await import(pathToFileURL(join(LIB, "index.js")));

export class Program {
    static #all = [];
    gaps = [];
    /** Nicks of those who came after this one. */
    here = new Set();
    #messages = [];

    constructor(address, options = {}) {
        Program.#all.push(this);
        this.client = new ChatClient(address, { WebSocket, ...options });
        this.client.events.on("message", (message) => this.#messages.push(message));
        for (const name of ["edit", "delete", "reaction"])
            this.client.events.on(name, (change) => {
                this.#messages = this.#messages.map((known) => applyChange(known, change, this.client.user.id));
            });
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

    /** What it knows of messages by now, without what depends on how it came to know it. */
    known(room = "lobby") {
        return this.#messages.filter((message) => message.room === room)
            .map(({ seq, text, edited, deleted, reactions }) => ({ seq, text, edited, deleted, reactions }));
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

export async function until(what, condition) {
    const deadline = Date.now() + PATIENCE_MS * 3;
    while (!condition()) {
        assert.ok(Date.now() < deadline, `${typeof what === "function" ? what() : what}: in vain`);
        await sleep(5);
    }
}
