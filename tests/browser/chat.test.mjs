// Two people in one room, each with a browser.

import { strict as assert } from "node:assert";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { Person, openBrowser } from "./people.mjs";
import { Server } from "./server.mjs";

describe("two people", () => {
    let server, browser, alice, bob;

    before(async () => {
        server = await Server.start();
        browser = await openBrowser();
    });
    beforeEach(async () => {
        [alice, bob] = await Promise.all([
            Person.join(browser, server.url, "alice"),
            Person.join(browser, server.url, "bob"),
        ]);
    });
    afterEach(async () => {
        await Promise.all([alice?.leave(), bob?.leave()]);
    });
    after(async () => {
        await browser?.close();
        await server?.end();
    });

    it("talk, and tell their own messages apart", async () => {
        await alice.say("hello bob");
        await bob.seesMessage("hello bob");
        await bob.say("hello alice");
        await alice.seesMessage("hello alice");
        await alice.seesMessage("hello bob");
        for (const [person, own, other] of [[alice, "hello bob", "hello alice"], [bob, "hello alice", "hello bob"]]) {
            assert.equal(await person.message(own).getAttribute("data-own"), "true");
            assert.equal(await person.message(other).getAttribute("data-own"), "false");
        }
        const [mine, theirs] = await Promise.all(
            ["hello bob", "hello alice"].map((text) => alice.message(text).getByTestId("message-text").boundingBox()));
        assert.ok(mine.x > theirs.x, "own messages stand on the right");
    });

    it("see the same numbers in the same order", async () => {
        for (const text of ["one", "two", "three"]) {
            await alice.say(text);
            await alice.seesMessage(text);
        }
        await bob.seesMessage("three");
        const numbers = (person) => Promise.all(
            ["one", "two", "three"].map((text) => person.message(text).getAttribute("data-seq").then(Number)));
        assert.deepEqual(await numbers(bob), await numbers(alice));
        const [first, ...rest] = await numbers(alice);
        assert.deepEqual(rest, [first + 1, first + 2]);
    });

    it("see each other type and stop", async () => {
        await bob.get("composer").pressSequentially("hel");
        await alice.seesTyping("bob");
        await bob.write("");
        await alice.seesNobodyTyping();
    });

    it("see the typing end with the message", async () => {
        await bob.get("composer").pressSequentially("done");
        await alice.seesTyping("bob");
        await bob.get("composer").press("Enter");
        await alice.seesMessage("done");
        await alice.seesNobodyTyping();
        assert.equal(await bob.composerText(), "");
    });

    it("do not see themselves type", async () => {
        await bob.get("composer").pressSequentially("hel");
        await alice.seesTyping("bob");
        assert.equal(await bob.get("typing").textContent(), "");
    });

    it("appear in the list of users and leave it", async () => {
        await alice.sees("user", { nick: "bob" });
        await alice.sees("user", { nick: "alice" });
        assert.match(await alice.get("user", { nick: "alice" }).textContent(), /\(you\)/);
        assert.doesNotMatch(await alice.get("user", { nick: "bob" }).textContent(), /\(you\)/);
        await bob.leave();
        await alice.seesNo("user", { nick: "bob" });
        await alice.sees("user", { nick: "alice" });
    });

    it("can leave and come back", async () => {
        await bob.get("leave").click();
        await bob.sees("join-dialog");
        await alice.seesNo("user", { nick: "bob" });
        await bob.enter("bob");
        await alice.sees("user", { nick: "bob" });
    });

    it("cannot have the same name", async () => {
        const second = await Person.open(browser, server.url);
        await second.enter("Alice");
        await second.sees("join-error");
        const suggestion = await second.get("suggestion").locator("strong").textContent();
        await second.get("suggestion").click();
        await second.seesNo("join-dialog");
        await alice.sees("user", { nick: suggestion });
        await second.leave();
    });

    it("are remembered by name", async () => {
        await bob.get("leave").click();
        await bob.page.reload();
        await bob.sees("join-dialog");
        assert.equal(await bob.get("nick-input").inputValue(), "bob");
    });

    it("see markup as text", async () => {
        const markup = `<img src=x onerror="document.title='owned'"><b>bold</b>`;
        await alice.say(markup);
        await bob.seesMessage(markup);
        for (const person of [alice, bob]) {
            assert.equal(await person.get("message-text").locator("img, b").count(), 0);
            assert.notEqual(await person.page.title(), "owned");
        }
    });

    it("cannot be fooled by a name with markup", async () => {
        const evil = await Person.join(browser, server.url, "<img src=x>");
        await evil.say("it is me");
        await bob.seesMessage("it is me");
        await bob.sees("user", { nick: "<img src=x>" });
        assert.equal(await bob.page.locator('img[src="x"]').count(), 0);
        await evil.leave();
    });

    it("get help that only they see", async () => {
        await alice.say("/help");
        await alice.get("notice").filter({ hasText: "/roll" }).waitFor();
        await alice.say("after the help");
        await bob.seesMessage("after the help");
        assert.equal(await bob.get("notice").filter({ hasText: "/roll" }).count(), 0);
        assert.equal(await alice.message("/help").count(), 0);
    });

    it("roll dice for everybody", async () => {
        await alice.say("/roll 2d6");
        await bob.get("message").filter({ hasText: "2d6" }).waitFor();
    });

    it("jump to the latest message", async () => {
        for (let i = 0; i < 30; i++) {
            await bob.say(`line ${i}\n\n\n`);
            await bob.seesMessage(`line ${i}`);
        }
        await alice.seesMessage("line 29");
        await alice.get("messages").evaluate((list) => list.scrollTo({ top: 0 }));
        await alice.message("line 0").waitFor();
        await alice.sees("jump");
        await bob.say("down here");
        await alice.get("jump").filter({ hasText: "1 new message" }).waitFor();
        assert.ok(await isInView(alice.message("line 0")), "a reader further up is left there");
        await alice.get("jump").click();
        await alice.seesNo("jump");
        await alice.seesMessage("down here");
        assert.ok(await isInView(alice.message("down here")));
    });

    it("keep a long text until it is short enough", async () => {
        await alice.write("x".repeat(10_000));
        assert.ok(await alice.get("send").isDisabled());
        await alice.write("short enough");
        await alice.get("send").click();
        await bob.seesMessage("short enough");
    });
});

function isInView(locator) {
    return locator.evaluate((element) => {
        const { left, right, top, bottom } = element.getBoundingClientRect();
        const shown = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
        return element.contains(shown);
    });
}
