import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { complete, suggestCommands, suggestPeople, triggerAt } from "../src/state/completion";

const at = (marked: string) => {
    const caret = marked.indexOf("|");
    const trigger = triggerAt(marked.replace("|", ""), caret);
    return trigger && `${trigger.kind} ${trigger.from} ${trigger.query}`;
};

describe("completion", () => {
    for (const [text, expected] of [
        ["@|", "mention 0 "], ["hi @an|", "mention 3 an"], ["hi @an| x", "mention 3 an"], ["(@a|", "mention 1 a"],
        ["@张|", "mention 0 张"], ["/|", "command 0 "], ["/ro|", "command 0 ro"], ["x :sm|", "emoji 2 sm"], [":+1|", "emoji 0 +1"],
    ] as const)
        it(`begins at "${text}"`, () => assert.equal(at(text), expected));

    for (const text of ["|", "a@b|", "x /ro|", "//ro|", "/roll 2|", ":s|", "12:30|", "a::b|", "@a b|", ": )|"])
        it(`does not begin at "${text}"`, () => assert.equal(at(text), undefined));

    it("replaces what was written, and puts the caret behind", () => {
        const suggestion = { id: "1", insert: "@anna", label: "anna" };
        assert.deepEqual(complete("hi @an!", 6, { kind: "mention", from: 3, query: "an" }, suggestion), ["hi @anna !", 9]);
        assert.deepEqual(complete("@an x", 3, { kind: "mention", from: 0, query: "an" }, suggestion), ["@anna x", 6]);
    });

    it("offers who spoke last, then by name, those that begin so first", () => {
        const people = ["Hanna", "anna", "Andy", "bob"].map((nick) => ({ id: nick, nick }));
        const names = (query: string, recent: string[] = []) => suggestPeople(people, query, recent).map(({ label }) => label);
        assert.deepEqual(names("an"), ["Andy", "anna", "Hanna"]);
        assert.deepEqual(names("AN", ["anna", "Hanna"]), ["anna", "Andy", "Hanna"]);
        assert.deepEqual(names("", ["bob"]), ["bob", "Andy", "anna", "Hanna"]);
        assert.deepEqual(names("x"), []);
    });

    it("offers commands by their begin, with what they are for", () => {
        const commands = [{ name: "roll", usage: "[N]", help: "Rolls" }, { name: "help", usage: "", help: "" }];
        assert.deepEqual(suggestCommands(commands, "RO"), [{ id: "roll", insert: "/roll", label: "/roll [N]", hint: "Rolls" }]);
        assert.deepEqual(suggestCommands(commands, "").length, 2);
    });
});
