// A long conversation: what is loaded, what is rendered, and where the page stands meanwhile.

import { strict as assert } from "node:assert";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { Person, openBrowser } from "./people.mjs";
import { Program } from "./program.mjs";
import { Server } from "./server.mjs";

const LINES = 260;
const MANY = 50_000;

describe("a long conversation", () => {
    let server, browser, alice, bob;
    /** Answers with old messages, when they are to wait. */
    let held;

    function onSocket(route) {
        route.connectToServer().onMessage((frame) => {
            if (held && JSON.parse(frame).events) held.push(() => route.send(frame));
            else route.send(frame);
        });
    }

    before(async () => {
        server = await Server.start({ modules: ["history", "readmarks"] });
        browser = await openBrowser();
        bob = await Program.enter(server.address, "bob");
        const isStored = new Promise((resolve) => {
            let left = LINES;
            bob.client.events.on("delivered", () => --left === 0 && resolve());
        });
        // Of many heights, so that guesses are wrong.
        for (let i = 0; i < LINES; i++) bob.say(`line ${i}.${" word".repeat((i * 37) % 60)}`);
        await isStored;
    });
    beforeEach(async () => {
        held = undefined;
        alice = await Person.join(browser, server.url, "alice", (page) => page.routeWebSocket(/\/ws$/, onSocket));
        await line(LINES - 1).waitFor();
    });
    afterEach(async () => {
        await alice?.leave();
    });
    after(async () => {
        bob?.client.logOut();
        await browser?.close();
        await server?.end();
    });

    function line(i) {
        return alice.get("message").filter({ hasText: `line ${i}.` });
    }

    /** The number of the first message that is in the page, and of one in view, with its place. */
    function look() {
        return alice.get("messages").evaluate((list) => {
            const { top } = list.getBoundingClientRect();
            const messages = [...list.querySelectorAll("[data-seq]")];
            const seen = messages.find((message) => message.getBoundingClientRect().top >= top);
            return {
                first: Number(messages[0].dataset.seq),
                seq: Number(seen.dataset.seq),
                place: seen.getBoundingClientRect().top - top,
            };
        });
    }

    function scrollTo(top) {
        return alice.get("messages").evaluate((list, y) => list.scrollTo({ top: y }), top);
    }

    function isAtBottom() {
        return alice.get("messages").evaluate((list) => list.scrollHeight - list.scrollTop - list.clientHeight < 2);
    }

    it("is shown from its end", async () => {
        assert.ok(await isAtBottom());
        assert.equal(await alice.get("jump").count(), 0);
    });

    it("goes back to its beginning, and nothing moves while older messages come", async () => {
        const frames = () => alice.page.evaluate(() => new Promise((resolve) => {
            requestAnimationFrame(() => requestAnimationFrame(resolve));
        }));
        let loads = 0;
        for (let i = 0; i < 100 && (await alice.get("beginning").count()) === 0; i++) {
            held = [];
            await scrollTo(300);
            await frames();
            const before = await look();
            // There is more at once, or the answer is awaited.
            for (let tries = 0; held.length === 0 && tries < 20; tries++) await frames();
            if (held.length === 0) continue;
            loads++;
            for (const release of held) release();
            held = undefined;
            await alice.page.waitForFunction(
                (first) => Number(document.querySelector("[data-seq]").dataset.seq) < first
                    || document.querySelector('[data-testid="beginning"]'), before.first);
            await frames();
            const place = await alice.get("messages").evaluate((list, seq) => {
                const message = list.querySelector(`[data-seq="${seq}"]`);
                return message.getBoundingClientRect().top - list.getBoundingClientRect().top;
            }, before.seq);
            assert.ok(Math.abs(place - before.place) <= 1, `message ${before.seq} moved from ${before.place} to ${place}`);
        }
        assert.ok(loads >= 3, `${loads} pages came while somebody looked on`);
        await alice.sees("beginning");
        await scrollTo(0);
        await line(0).waitFor();
        assert.equal(await line(0).count(), 1);
        assert.equal(await alice.get("day").count(), 1, "all of it was said today");
        assert.doesNotMatch(await alice.get("announcer").textContent(), /line/, "what is old is not read out");
    });

    it("leaves a reader where he is, counts what is new, and takes him there", async () => {
        await scrollTo(500);
        await alice.sees("jump");
        const before = await look();
        bob.say("news 1");
        bob.say("news 2");
        await alice.get("jump").filter({ hasText: "2 new messages" }).waitFor();
        const after = await look();
        assert.deepEqual([after.seq, Math.round(after.place)], [before.seq, Math.round(before.place)]);
        await alice.get("jump").click();
        await alice.seesMessage("news 2");
        await alice.seesNo("jump");
        assert.ok(await isAtBottom());
        assert.equal(await alice.message("news 1").locator("xpath=..").getByTestId("new-line").count(), 1);
        bob.say("news 3");
        await alice.seesMessage("news 3");
        assert.ok(await isAtBottom(), "who is at the end stays there");
        assert.equal(await alice.get("announcer").getByText("bob: news 3").count(), 1);
    });

    it("has a line above what came while nobody looked, until it was read", async () => {
        await alice.page.evaluate(() => dispatchEvent(new Event("blur")));
        bob.say("unseen 1");
        bob.say("unseen 2");
        await alice.seesMessage("unseen 2");
        await alice.page.waitForFunction(() => document.title.startsWith("(2) "));
        assert.equal(await alice.message("unseen 1").locator("xpath=..").getByTestId("new-line").count(), 1);
        await alice.page.evaluate(() => dispatchEvent(new Event("focus")));
        await alice.page.waitForFunction(() => document.title === "#lobby · chatd");
        assert.equal(await alice.get("new-line").count(), 1, "whoever comes back sees where it began");
        await alice.say("I have seen it");
        await alice.seesNo("new-line");
    });
});

describe("a room of 50,000 messages", () => {
    let server, browser;

    before(async () => {
        server = await Server.start();
        browser = await openBrowser();
    });
    after(async () => {
        await browser?.close();
        await server?.end();
    });

    it("has few of them in the page, and those that are looked at, wherever one scrolls", async (test) => {
        // The real server, and beside it one that talks faster than any could.
        const alice = await Person.join(browser, server.url, "alice", (page) => page.addInitScript(() => {
            globalThis.WebSocket = class extends WebSocket {
                constructor(...parameters) {
                    super(...parameters);
                    globalThis.socket = this;
                }
            };
        }));
        await alice.page.evaluate(async (many) => {
            for (let seq = 1; seq <= many; seq++) {
                const text = `message ${seq}${" and more".repeat(seq % 17)}`;
                const from = { id: `u${seq % 3}`, nick: `talker${seq % 3}` };
                const ts = 1_790_000_000_000 + seq * 60_000;
                const data = JSON.stringify({ type: "message", room: "lobby", seq: 1_000 + seq, ts, from, text });
                globalThis.socket.onmessage({ data });
                if (seq % 500 === 0) await new Promise((resolve) => setTimeout(resolve));
            }
        }, MANY);
        await alice.get("message", { seq: 1_000 + MANY }).waitFor();

        const told = await alice.get("messages").evaluate(async (list) => {
            const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
            const { top, bottom, left } = list.getBoundingClientRect();
            let most = 0;
            let blanks = 0;
            const times = [];
            const height = list.scrollHeight;
            for (let step = 0; step < 150; step++) {
                const start = performance.now();
                // Some at a reader's pace, some as by the scroll bar.
                if (step % 10 === 9) list.scrollTop = (height * ((step * 31) % 150)) / 150;
                else list.scrollTop -= 240;
                await frame();
                times.push(performance.now() - start);
                await frame();
                most = Math.max(most, list.querySelectorAll('[data-testid="message"]').length);
                for (const y of [top + 40, (top + bottom) / 2, bottom - 40])
                    if (!document.elementFromPoint(left + 60, y).closest("[data-key]")) blanks++;
            }
            times.sort((a, b) => a - b);
            return { most, blanks, median: times[75], height };
        });
        test.diagnostic(`a frame of scrolling took ${told.median.toFixed(1)} ms, at most ${told.most} messages in the page`);
        assert.ok(told.height > MANY * 30, `the list is as long as its messages: ${told.height}`);
        assert.ok(told.most < 200, `${told.most} messages are in the page`);
        assert.equal(told.blanks, 0);
        await alice.leave();
    });
});
