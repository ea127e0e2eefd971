import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setUpOnline } from "./client_setup";
import { HELLO, settle } from "./fakes";

function message(seq: number) {
    return { type: "message", room: "lobby", seq, ts: 1, from: { id: "u2", nick: "bob" }, text: `n${seq}` };
}

describe("reconnecting", () => {
    it("comes back with growing waits, and logs in and joins again", async () => {
        const { clock, server, client, phases } = await setUpOnline();
        server.socket.drop();
        assert.equal(client.state.phase, "waiting");
        await clock.advance(499);
        assert.equal(server.sockets.length, 1);
        await clock.advance(1);
        assert.equal(server.sockets.length, 2);
        server.socket.drop();
        await clock.advance(999);
        assert.equal(server.sockets.length, 2);
        await clock.advance(1);
        await server.admit();
        assert.equal(client.state.phase, "online");
        assert.deepEqual(phases.slice(2), ["waiting", "connecting", "waiting", "connecting", "online"]);
    });

    it("comes back as the same user, and says what it has seen", async () => {
        const { server, client, phases } = await setUpOnline({ resume_token: "t1" });
        const joined: (boolean | undefined)[] = [];
        client.events.on("joined", ({ recovered }) => joined.push(recovered));
        server.socket.push(message(1));
        server.socket.push(message(2));
        server.socket.drop();
        client.retryNow();
        server.socket.push(HELLO);
        await settle();
        assert.deepEqual(server.socket.last("login")["resume"], {
            token: "t1",
            rooms: { lobby: { epoch: "e1", seq: 2 } },
        });
        await server.socket.answer("login", {
            type: "welcome",
            user: { id: "u1", nick: "alice" },
            resume_token: "t2",
            rooms: [{ room: "lobby", epoch: "e1", seq: 3, count: 1, recovered: true, missed: 1 }],
        });
        server.socket.push(message(3));
        assert.equal(server.socket.count("join"), 0);
        assert.deepEqual(joined, [true]);
        assert.equal(phases.at(-1), "online");

        server.socket.drop();
        client.retryNow();
        server.socket.push(HELLO);
        await settle();
        assert.deepEqual(server.socket.last("login")["resume"], {
            token: "t2",
            rooms: { lobby: { epoch: "e1", seq: 3 } },
        });
    });

    it("joins again what the server does not know any more", async () => {
        const { server, client } = await setUpOnline({ resume_token: "t1" });
        server.socket.drop();
        client.retryNow();
        await server.admit();
        assert.equal(server.socket.count("join"), 1);
        assert.equal(client.state.phase, "online");
    });

    it("keeps its token from other nicks, and forgets it when it leaves", async () => {
        const { server, client } = await setUpOnline({ resume_token: "t1" });
        client.logOut();
        const entered = client.enter("alice", "lobby");
        server.socket.push(HELLO);
        await settle();
        assert.equal(server.socket.last("login")["resume"], undefined);
        await server.admit({}, { resume_token: "t2" });
        await entered;
        server.socket.drop();
        const other = client.enter("bob", "lobby");
        server.socket.push(HELLO);
        await settle();
        assert.equal(server.socket.last("login")["resume"], undefined);
        await server.admit();
        await other;
    });

    it("tries at once when asked to", async () => {
        const { server, client } = await setUpOnline();
        server.socket.drop();
        client.retryNow();
        await server.admit();
        assert.equal(client.state.phase, "online");
    });

    for (const code of [1001, 1006, 1012, 1013, 4000, 4001, 4499]) {
        it(`comes back after ${code}`, async () => {
            const { server, client } = await setUpOnline();
            server.socket.drop(code);
            assert.equal(client.state.phase, "waiting");
        });
    }

    for (const code of [1000, 1002, 1003, 1007, 1008, 1009, 4500, 4501, 4999]) {
        it(`stays away after ${code}, until it is told to come`, async () => {
            const { clock, server, client } = await setUpOnline({ resume_token: "t" });
            server.socket.drop(code, "why");
            assert.deepEqual(client.state, { phase: "offline", reason: "why" });
            await clock.advance(120_000);
            assert.equal(server.sockets.length, 1);
            client.retryNow();
            server.socket.push(HELLO);
            await settle();
            assert.equal(server.socket.last("login")["resume"] !== undefined, code < 4500);
        });
    }

    it("waits longer for a server that only lets it in to cut it off", async () => {
        const { clock, server, client } = await setUpOnline();
        const waits: number[] = [];
        client.events.on("state", (state) => {
            if (state.phase === "waiting") waits.push(state.until - clock.now());
        });
        for (let i = 0; i < 3; i++) {
            server.socket.drop(1013);
            client.retryNow();
            await server.admit();
        }
        await clock.advance(5_000);
        server.socket.drop(1013);
        assert.deepEqual(waits, [500, 1_000, 2_000, 500]);
    });

    it("waits for its turn on the connection that has it", async () => {
        const { clock, server, client, phases } = await setUpOnline({ resume_token: "t" });
        server.socket.drop();
        client.retryNow();
        server.socket.push(HELLO);
        await settle();
        for (const retry_after of [2.5, 0.25]) {
            await server.socket.refuse("login", { code: "unavailable", retry_after });
            const until = clock.now() + retry_after * 1_000;
            assert.deepEqual(client.state, { phase: "waiting", until, inLine: true });
            client.retryNow();
            assert.equal(server.sockets.length, 2);
            await clock.advance(retry_after * 1_000);
        }
        assert.equal(server.socket.count("login"), 3);
        assert.ok(server.socket.last("login")["resume"]);
        const user = { id: "u1", nick: "alice" };
        await server.socket.answer("login", { type: "welcome", user, rooms: [] });
        assert.equal(server.sockets.length, 2);
        assert.equal(phases.at(-1), "online");
    });

    it("loses its turn with the connection", async () => {
        const { clock, server, client } = await setUpOnline();
        server.socket.drop();
        client.retryNow();
        server.socket.push(HELLO);
        await settle();
        await server.socket.refuse("login", { code: "unavailable", retry_after: 20 });
        server.socket.drop(1013);
        assert.equal(client.state.phase === "waiting" && client.state.inLine, undefined);
        await clock.advance(1_000);
        assert.equal(server.sockets.length, 3);
    });

    it("returns after a 4000 close and stays away after a 4500 one", async () => {
        const { clock, server, client } = await setUpOnline();
        server.socket.drop(4000, "slow reader");
        await clock.advance(500);
        await server.admit();
        server.socket.drop(4500, "kicked");
        assert.deepEqual(client.state, { phase: "offline", reason: "kicked" });
        await clock.advance(120_000);
        assert.equal(server.sockets.length, 2);
    });

    it("waits as long as the server asks", async () => {
        const { clock, server } = await setUpOnline();
        server.socket.drop();
        await clock.advance(500);
        server.socket.push(HELLO);
        await settle();
        await server.socket.refuse("login", { code: "rate_limited", retry_after: 12 });
        await clock.advance(11_999);
        assert.equal(server.sockets.length, 2);
        await clock.advance(1);
        assert.equal(server.sockets.length, 3);
    });

    it("outlasts its own ghost, but not somebody else under its nick", async () => {
        const { clock, server, client } = await setUpOnline();
        const expelled: string[] = [];
        client.events.on("expelled", (error) => expelled.push(error.code));
        server.socket.drop();
        while (expelled.length === 0) {
            const known = server.sockets.length;
            await clock.advance(30_000);
            assert.ok(server.sockets.length > known, "another try was made");
            server.socket.push(HELLO);
            await settle();
            await server.socket.refuse("login", { code: "nick_in_use", suggestion: "alice2" });
        }
        assert.deepEqual(expelled, ["nick_in_use"]);
        assert.ok(server.sockets.length > 2);
        assert.equal(client.state.phase, "offline");
    });

    it("does not come back after leaving", async () => {
        const { clock, server, client } = await setUpOnline();
        client.logOut();
        assert.equal(server.socket.closedWith, 1000);
        await clock.advance(120_000);
        assert.equal(server.sockets.length, 1);
        assert.equal(client.state.phase, "offline");
    });
});
