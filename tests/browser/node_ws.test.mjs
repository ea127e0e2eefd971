// A WebSocket client that nobody here wrote: `ws` from npm.

import { strict as assert } from "node:assert";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import WebSocket from "ws";
import { Server } from "./server.mjs";

describe("ws", () => {
    let server;

    before(async () => {
        server = await Server.start();
    });
    after(async () => {
        await server?.end();
    });

    for (const [name, protocols, options] of [
        ["without options", [], {}],
        ["with the subprotocol", ["chatd.v1"], {}],
        ["without compression", ["chatd.v1"], { perMessageDeflate: false }],
        ["compressing everything", ["chatd.v1"], { perMessageDeflate: { threshold: 0 } }],
        ["without a context", ["chatd.v1"], { perMessageDeflate: { threshold: 0, clientNoContextTakeover: true } }],
        ["with small windows", ["chatd.v1"],
            { perMessageDeflate: { threshold: 0, clientMaxWindowBits: 9, serverMaxWindowBits: 9 } }],
    ]) {
        it(`chats ${name}`, async () => {
            const alice = await login(server, "alice", protocols, options);
            assert.equal(alice.socket.protocol, protocols[0] ?? "");
            assert.equal(alice.socket.extensions, options.perMessageDeflate === false ? "" : "permessage-deflate");
            for (let i = 0; i < 200; i++) alice.send({ type: "message", room: "lobby", text: `${i} ${"é".repeat(i * 10)}` });
            const texts = [];
            while (texts.length < 200) {
                const event = await alice.next();
                if (event.type === "message" && event.from.nick === "alice") texts.push(event.text);
            }
            assert.deepEqual(texts, Array.from({ length: 200 }, (_, i) => `${i} ${"é".repeat(i * 10)}`));
            assert.equal(await alice.close(), 1000);
        });
    }

    it("is answered when it pings", async () => {
        const socket = new WebSocket(`ws://127.0.0.1:${server.port}/ws`);
        await once(socket, "open");
        socket.ping("are you there?");
        const [payload] = await once(socket, "pong");
        assert.equal(payload.toString(), "are you there?");
        socket.terminate();
    });

    it("is told when it breaks the rules", async () => {
        const socket = new WebSocket(`ws://127.0.0.1:${server.port}/ws`);
        await once(socket, "open");
        socket.send(Buffer.from([1, 2, 3]));
        const [code] = await once(socket, "close");
        assert.equal(code, 1003);
    });

    it("is refused with an unknown subprotocol", async () => {
        const socket = new WebSocket(`ws://127.0.0.1:${server.port}/ws`, ["nonsense"]);
        const [error] = await once(socket, "error");
        assert.match(error.message, /400/);
    });
});

class Chat {
    #arrived = [];
    #wake = () => {};

    constructor(socket) {
        this.socket = socket;
        socket.on("message", (data) => {
            this.#arrived.push(JSON.parse(data));
            this.#wake();
        });
    }

    send(request) {
        this.socket.send(JSON.stringify(request));
    }

    async next() {
        while (this.#arrived.length === 0) await new Promise((resolve) => (this.#wake = resolve));
        return this.#arrived.shift();
    }

    async expect(type) {
        for (;;) {
            const event = await this.next();
            if (event.type === type) return event;
        }
    }

    async close() {
        this.socket.close(1000);
        const [code] = await once(this.socket, "close");
        return code;
    }
}

async function login(server, nick, protocols, options) {
    const chat = new Chat(new WebSocket(`ws://127.0.0.1:${server.port}/ws`, protocols, options));
    await chat.expect("hello");
    chat.send({ type: "login", nick });
    await chat.expect("welcome");
    chat.send({ type: "join", room: "lobby", id: "1" });
    await chat.expect("ok");
    return chat;
}
