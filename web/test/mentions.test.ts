import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mentions } from "../src/markup/mentions";

describe("mentions", () => {
    for (const [text, nick] of [
        ["hi @ann", "ann"], ["@ANN!", "Ann"], ["(@ann)", "ann"], ["@ann.", "ann"], ["@ann, x", "ann"], ["ann: x", "ann"],
        ["Ann, x", "ann"], ["@anna @ann", "ann"], ["@two words here", "two words"], ["@张三，你好", "张三"], ["😀@ann", "ann"],
        ["@ann - x", "ann"], ["@ａｎｎ", "ann"],
    ] as const)
        it(`"${text}" calls ${nick}`, () => assert.ok(mentions(text, nick)));

    for (const [text, nick] of [
        ["ann said", "ann"], ["x@ann", "ann"], ["@anna", "ann"], ["@ann-marie", "ann"], ["@ann.b", "ann"], ["hello", ""],
        ["@", ""], ["so ann: x", "ann"], ["@ann", "a.n"],
    ] as const)
        it(`"${text}" does not call ${nick || "nobody"}`, () => assert.ok(!mentions(text, nick)));
});
