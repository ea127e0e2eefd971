import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeTable, hasShortcode, replaceShortcodes, searchEmoji, shortcodesOf } from "../src/emoji/emoji";

const groups = decodeTable([
    ["smileys", [["😄", "grinning face with smiling eyes", "smile", "happy laugh"], ["😁", "beaming face", "grin smiley_grin", ""]]],
    ["people", [["👍", "thumbs up", "+1 thumbsup", "yes"], ["💯", "hundred points", "100", ""]]],
]);
const shortcodes = shortcodesOf(groups);
const found = (query: string, most = 10) => searchEmoji(groups, query, most).map(({ char }) => char).join("");

describe("emoji", () => {
    it("are found by name, label and tag, the likeliest first", () => {
        assert.equal(found("smile"), "😄😁");
        assert.equal(found("thumbs"), "👍");
        assert.equal(found("FACE"), "😄😁");
        assert.equal(found("yes"), "👍");
        assert.equal(found("grin"), "😁😄");
        assert.equal(found("smile", 1), "😄");
        assert.equal(found(" "), "");
        assert.equal(found("nothing"), "");
    });

    for (const [text, expected] of [
        ["hi :smile:!", "hi 😄!"], [":+1::+1:", "👍:+1:"], [":nothing:", ":nothing:"], ["at 1:100:2", "at 1:100:2"],
        ["`:smile:` :smile:", "`:smile:` 😄"], ["```\n:smile:\n```", "```\n:smile:\n```"], [":constructor:", ":constructor:"],
    ] as const)
        it(`makes "${expected}" of "${text}"`, () => assert.equal(replaceShortcodes(text, shortcodes), expected));

    it("are needed for a text only when it may name one", () => {
        assert.ok(hasShortcode("a :b: c"));
        assert.ok(!hasShortcode("a: b"));
        assert.ok(!hasShortcode("`:b:`"));
    });
});
