import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeNotifySettings, isToldAbout, levelOf } from "../src/state/notify";
import { rankBy } from "../src/state/ranking";

const news = { isOwn: false, isMention: false, isSeen: false };

describe("notifications", () => {
    it("are about mentions in rooms and about all else in direct messages, unless set", () => {
        assert.equal(levelOf({}, "lobby", false), "mentions");
        assert.equal(levelOf({}, "dm", true), "all");
        assert.equal(levelOf({ dm: "nothing", lobby: "all" }, "dm", true), "nothing");
    });

    it("follow the level, and are never about what is seen or one's own", () => {
        assert.ok(isToldAbout("all", news));
        assert.ok(!isToldAbout("mentions", news));
        assert.ok(isToldAbout("mentions", { ...news, isMention: true }));
        assert.ok(!isToldAbout("nothing", { ...news, isMention: true }));
        assert.ok(!isToldAbout("all", { ...news, isOwn: true }));
        assert.ok(!isToldAbout("all", { ...news, isMention: true, isSeen: true }));
    });

    it("survive settings that are none", () => {
        assert.deepEqual(decodeNotifySettings({ a: "all", b: "loud", c: 1 }), { a: "all" });
        for (const value of [null, undefined, 3, "all"]) assert.deepEqual(decodeNotifySettings(value), {});
    });
});

describe("ranking", () => {
    it("puts what begins so first, then words, then parts, then letters in order", () => {
        const names = ["x-tags", "stage", "gate", "tea garden", "garden", "the garden"];
        assert.deepEqual(rankBy(names, "ga", (name) => name), ["gate", "garden", "tea garden", "the garden"]);
        assert.deepEqual(rankBy(names, "tg", (name) => name), ["x-tags", "stage", "tea garden", "the garden"]);
        assert.deepEqual(rankBy(names, "zzz", (name) => name), []);
        assert.deepEqual(rankBy(names, "", (name) => name), names);
    });
});
