import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GUESS_PX, Heights } from "../src/state/heights";

function rows(count: number, from = 0): string[] {
    return Array.from({ length: count }, (_, i) => `k${from + i}`);
}

describe("Heights", () => {
    it("finds rows and places, measured and guessed, as adding up one by one does", () => {
        const heights = new Heights();
        const keys = rows(1_000);
        heights.setRows(keys);
        const plain = keys.map(() => GUESS_PX);
        for (let i = 0; i < keys.length; i += 7) heights.measure(i, (plain[i] = 20 + (i % 90)));
        let top = 0;
        plain.forEach((height, i) => {
            assert.equal(heights.topOf(i), top);
            assert.equal(heights.indexAt(top), i);
            assert.equal(heights.indexAt(top + height - 0.5), i);
            top += height;
        });
        assert.equal(heights.total, top);
        assert.equal(heights.topOf(keys.length), top);
    });

    it("knows measured rows again after others came before them", () => {
        const heights = new Heights();
        heights.setRows(rows(3));
        heights.measure(1, 100);
        heights.setRows(["older", ...rows(3)]);
        assert.equal(heights.topOf(3), 2 * GUESS_PX + 100);
        assert.equal(heights.indexOf("k1"), 2);
        assert.equal(heights.indexOf("nobody"), -1);
    });

    it("stays inside for what is outside, and when there is nothing", () => {
        const heights = new Heights();
        heights.setRows([]);
        assert.deepEqual(heights.span(-100, 100), { start: 0, end: 0 });
        heights.setRows(rows(300));
        assert.deepEqual(heights.span(-500, -100), { start: 0, end: 1 });
        assert.deepEqual(heights.span(1e9, 2e9), { start: 299, end: 300 });
    });
});
