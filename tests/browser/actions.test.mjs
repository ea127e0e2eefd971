// What people do with messages that are there.

import { strict as assert } from "node:assert";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { Person, openBrowser } from "./people.mjs";
import { Server } from "./server.mjs";

describe("a message", () => {
    let server, browser, alice, bob;

    before(async () => {
        server = await Server.start({ modules: ["edits", "reactions", "poll"] });
        browser = await openBrowser();
    });
    beforeEach(async () => {
        [alice, bob] = await Promise.all([
            Person.join(browser, server.url, "alice"),
            Person.join(browser, server.url, "bob"),
        ]);
        await alice.say("hello there");
        await Promise.all([alice.seesMessage("hello there"), bob.seesMessage("hello there")]);
        await alice.message("hello there").and(alice.get("message", { status: "sent" })).waitFor();
    });
    afterEach(async () => {
        await Promise.all([alice?.leave(), bob?.leave()]);
    });
    after(async () => {
        await browser?.close();
        await server?.end();
    });

    it("is answered, with what it says", async () => {
        await bob.message("hello there").hover();
        await bob.get("tool-reply").click();
        await bob.sees("mode", { mode: "reply" });
        await bob.say("hello yourself");
        const quote = alice.message("hello yourself").getByTestId("reply-quote");
        await quote.filter({ hasText: "hello there" }).waitFor();
        assert.match(await quote.textContent(), /alice/);
        await bob.seesNo("mode");
        await quote.click();
        await alice.page.waitForFunction(() => document.activeElement.textContent.includes("hello there"));
    });

    it("gets reactions, and loses them", async () => {
        await bob.message("hello there").hover();
        await bob.get("message-tools").getByLabel("React with 👍").click();
        const chip = alice.get("reaction", { key: "👍" });
        await chip.filter({ hasText: "1" }).waitFor();
        assert.equal(await chip.getAttribute("title"), "bob");
        assert.equal(await chip.getAttribute("aria-pressed"), "false");
        await chip.click();
        await bob.get("reaction", { key: "👍" }).filter({ hasText: "2" }).waitFor();
        assert.equal(await bob.get("reaction", { key: "👍" }).getAttribute("title"), "you and alice");
        await chip.and(alice.page.locator("[aria-pressed=true]")).click();
        await bob.get("reaction", { key: "👍" }).filter({ hasText: "1" }).waitFor();
        await bob.get("reaction", { key: "👍" }).click();
        await alice.seesNo("reaction");
    });

    it("gets any emoji from the picker", async () => {
        await bob.message("hello there").hover();
        await bob.get("tool-react").click();
        await bob.get("emoji-search").pressSequentially("penguin");
        await bob.get("emoji").first().click();
        await alice.get("reaction", { key: "🐧" }).waitFor();
    });

    it("is deleted after a question, by who wrote it only", async () => {
        await bob.message("hello there").hover();
        await bob.sees("message-tools");
        assert.equal(await bob.get("tool-delete").count(), 0);
        await alice.message("hello there").hover();
        await alice.get("tool-delete").click();
        await alice.get("delete-dialog").waitFor();
        await alice.page.keyboard.press("Escape");
        await alice.seesNo("delete-dialog");
        assert.equal(await bob.message("hello there").count(), 1);
        await alice.message("hello there").hover();
        await alice.get("tool-delete").click();
        await alice.get("delete-confirm").click();
        await bob.message("hello there").waitFor({ state: "hidden" });
        await bob.sees("message", { deleted: "true" });
    });

    it("can be reached and used by keyboard alone", async () => {
        const { keyboard } = alice.page;
        const focused = () => alice.page.evaluate(() => document.activeElement.getAttribute("aria-label") ?? document.activeElement.dataset.testid);
        await alice.get("messages").focus();
        await keyboard.press("ArrowUp");
        assert.equal(await focused(), "message");
        await alice.sees("message-tools");
        await keyboard.press("Enter");
        assert.equal(await focused(), "React with 👍");
        await keyboard.press("ArrowRight");
        assert.equal(await focused(), "React with ❤️");
        await keyboard.press("End");
        assert.equal(await focused(), "Delete");
        await keyboard.press("Escape");
        assert.equal(await alice.page.evaluate(() => document.activeElement.dataset.testid), "composer");
        await alice.get("messages").focus();
        await keyboard.press("ArrowUp");
        await keyboard.press("e");
        await alice.sees("mode", { mode: "edit" });
        assert.equal(await alice.page.evaluate(() => document.activeElement.dataset.testid), "composer");
        await keyboard.press("Escape");
        await alice.seesNo("mode");
    });

    it("may be a question, which people vote on", async () => {
        await alice.say("/poll Tea? | yes | no");
        const choice = (person, text) => person.get("poll").last().getByTestId("poll-choice").filter({ hasText: text });
        await choice(bob, "yes").click();
        await choice(alice, "yes").filter({ hasText: "100%" }).waitFor();
        await choice(alice, "no").click();
        await choice(bob, "no").filter({ hasText: "50%" }).waitFor();
        assert.equal(await choice(bob, "yes").getAttribute("aria-pressed"), "true");
        assert.equal(await bob.get("poll-end").count(), 0);
        await alice.get("poll-end").last().click();
        await bob.get("poll", { ended: "true" }).last().waitFor();
        assert.ok(await choice(bob, "no").isDisabled());
    });
});

describe("a server without modules for it", () => {
    it("is offered nothing that it does not have", async () => {
        const server = await Server.start();
        const browser = await openBrowser();
        const alice = await Person.join(browser, server.url, "alice");
        await alice.say("hello");
        await alice.message("hello").and(alice.get("message", { status: "sent" })).hover();
        await alice.sees("tool-reply");
        for (const name of ["tool-react", "tool-edit", "tool-delete", "open-search"])
            assert.equal(await alice.get(name).count(), 0, name);
        await alice.leave();
        await browser.close();
        await server.end();
    });
});
