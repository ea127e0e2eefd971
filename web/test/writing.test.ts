import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ChatClient } from "../src/client/client";
import { destinations } from "../src/state/destinations";
import type { SentEntry } from "../src/state/timeline";
import { Writing } from "../src/state/writing";

const entry: SentEntry = {
    kind: "message", key: "k", ts: 1, from: { id: "u1", nick: "alice" }, text: "helo", own: true, status: "sent",
    epoch: "e", seq: 7, asOf: 7,
};

function setUp() {
    const done: unknown[] = [];
    const client = {
        send: (message: object) => done.push(["send", message]),
        edit: (...change: unknown[]) => done.push(["edit", ...change]),
    };
    return { done, writing: new Writing(client as unknown as ChatClient, () => "lobby") };
}

describe("writing", () => {
    it("sends an answer once, and then new messages", () => {
        const { done, writing } = setUp();
        assert.equal(writing.reply("lobby", entry, "draft"), "draft");
        assert.equal(writing.mode.value.kind, "reply");
        writing.send("lobby", "yes");
        writing.send("lobby", "and");
        assert.deepEqual(done, [
            ["send", { room: "lobby", text: "yes", replyTo: 7 }],
            ["send", { room: "lobby", text: "and" }],
        ]);
    });

    it("gives back what was being written before an edit", () => {
        const { done, writing } = setUp();
        assert.equal(writing.edit("lobby", entry, "draft"), "helo");
        assert.ok(writing.isEditing("lobby"));
        assert.equal(writing.send("lobby", "hello"), "draft");
        assert.deepEqual(done, [["edit", "lobby", 7, "hello"]]);
        assert.ok(!writing.isEditing("lobby"));
        writing.edit("lobby", entry, "draft");
        assert.equal(writing.cancel("lobby", "changed"), "draft");
        writing.edit("lobby", entry, "draft");
        assert.equal(writing.reply("lobby", entry, "changed"), "draft");
    });

    it("does not send an edit that changes nothing", () => {
        const { done, writing } = setUp();
        writing.edit("lobby", entry, "");
        writing.send("lobby", "helo");
        assert.deepEqual(done, []);
    });
});

describe("destinations", () => {
    const own = [
        { name: "lobby", title: "lobby", isDirect: false, unread: 2 },
        { name: "~1", title: "bob", isDirect: true, unread: 0 },
    ];
    const others = [{ room: "lobby", count: 3 }, { room: "books", count: 1 }];
    const people = [{ id: "u1", nick: "me" }, { id: "u2", nick: "bob" }, { id: "u3", nick: "bea" }, { id: "u4", nick: "bot", bot: true as const }];
    const find = (query: string) =>
        destinations({ own, others, people, myId: "u1", mayJoin: true }, query).map(({ kind, label }) => `${kind} ${label}`);

    it("are own rooms, then people, then other rooms, then a new one", () => {
        assert.deepEqual(find(""), ["room lobby", "direct bob", "person bea", "join books"]);
        assert.deepEqual(find("b"), ["direct bob", "room lobby", "person bea", "join books", "join b"]);
        assert.deepEqual(find("#books"), ["join books"]);
        assert.deepEqual(find("new room"), []);
        assert.deepEqual(find("@bea"), ["person bea", "join bea"]);
    });
});
