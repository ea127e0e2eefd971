import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { SearchPage, SearchRange } from "../src/client/calls";
import { ChatError } from "../src/client/errors";
import type { Message } from "../src/client/room_events";
import { Search, splitMatches } from "../src/state/search";
import { FakeClock, settle } from "./fakes";

const message = (seq: number, text: string): Message => {
    return { type: "message", room: "lobby", epoch: "e", seq, ts: seq, from: { id: "u2", nick: "bob" }, text, asOf: seq };
};

function setUp() {
    const clock = new FakeClock();
    const asked: { text: string; range: SearchRange; answer(page: SearchPage): void; refuse(error: ChatError): void }[] = [];
    const source = {
        search: (text: string, range: SearchRange) =>
            new Promise<SearchPage>((answer, refuse) => asked.push({ text, range, answer, refuse })),
    };
    return { clock, asked, search: new Search(source, clock) };
}

describe("search", () => {
    it("asks when the typing rests, once", async () => {
        const { clock, asked, search } = setUp();
        search.ask("t", "lobby");
        search.ask("tea", "lobby");
        await clock.advance(250);
        assert.deepEqual(asked.map(({ text, range }) => [text, range.room]), [["tea", "lobby"]]);
        asked[0]!.answer({ results: [message(2, "tea")], hasMore: true });
        await settle();
        assert.equal(search.status.value, "done");
        void search.more();
        assert.equal(asked[1]!.range.before, 2);
        asked[1]!.answer({ results: [message(1, "tea?")], hasMore: false });
        await settle();
        assert.deepEqual(search.results.value.map(({ seq }) => seq), [2, 1]);
        assert.equal(search.hasMore.value, false);
    });

    it("drops what an older question answers", async () => {
        const { clock, asked, search } = setUp();
        search.ask("tea", undefined);
        await clock.advance(250);
        search.ask("milk", undefined);
        await clock.advance(250);
        asked[1]!.answer({ results: [message(2, "milk")], hasMore: false });
        asked[0]!.answer({ results: [message(1, "tea")], hasMore: false });
        await settle();
        assert.deepEqual(search.results.value.map(({ text }) => text), ["milk"]);
        search.ask(" ", undefined);
        assert.deepEqual([search.results.value, search.status.value], [[], "idle"]);
    });

    it("tells why it failed", async () => {
        const { clock, asked, search } = setUp();
        search.ask("tea", undefined);
        await clock.advance(250);
        asked[0]!.refuse(new ChatError("unavailable", "too busy"));
        await settle();
        assert.deepEqual([search.status.value, search.error.value], ["failed", "too busy"]);
    });

    it("marks words as the server finds them", () => {
        assert.deepEqual(splitMatches("Tea, teapots & steam", "TEA"), ["", "Tea", ", ", "teapots", " & steam"]);
        assert.deepEqual(splitMatches("crème brûlée", "creme"), ["", "crème", " brûlée"]);
        assert.deepEqual(splitMatches("a.b*c", ".*"), ["a.b*c"]);
    });
});
