// The composer: what it completes, and what can be written with it besides new messages.

import { strict as assert } from "node:assert";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { Person, openBrowser } from "./people.mjs";
import { Server } from "./server.mjs";

describe("whoever writes", () => {
    let server, browser, alice, bob, composer;

    before(async () => {
        server = await Server.start({ modules: ["edits", "reactions", "poll"] });
        browser = await openBrowser();
    });
    beforeEach(async () => {
        [alice, bob] = await Promise.all([
            Person.join(browser, server.url, "alice"),
            Person.join(browser, server.url, "bob"),
        ]);
        await alice.sees("user", { nick: "bob" });
        composer = alice.get("composer");
    });
    afterEach(async () => {
        await Promise.all([alice?.leave(), bob?.leave()]);
    });
    after(async () => {
        await browser?.close();
        await server?.end();
    });

    const active = () => alice.page.locator(`[data-testid="completion"][aria-selected="true"]`);

    async function hasText(text) {
        await alice.page.waitForFunction(
            (wanted) => document.querySelector('[data-testid="composer"]').value === wanted, text);
    }

    it("has names completed, and the one who is named sees it", async () => {
        await composer.pressSequentially("hi @bo");
        await active().filter({ hasText: "bob" }).waitFor();
        const named = await composer.getAttribute("aria-activedescendant");
        assert.equal(await active().getAttribute("id"), named);
        await composer.press("Tab");
        await hasText("hi @bob ");
        await alice.seesNo("completions");
        await composer.press("Enter");
        await bob.seesMessage("hi @bob");
        await bob.sees("message", { mention: "true" });
        assert.equal(await alice.get("message", { mention: "true" }).count(), 0);
    });

    it("has the name completed that fits the last letter", async () => {
        await composer.pressSequentially("@");
        await alice.sees("completions");
        const text = await composer.evaluate((field) => {
            field.setRangeText("bob", 1, 1, "end");
            field.dispatchEvent(new InputEvent("input", { bubbles: true }));
            field.dispatchEvent(new KeyboardEvent("keydown", { key: "Tab", bubbles: true, cancelable: true }));
            return field.value;
        });
        assert.equal(text, "@bob ");
        await alice.write("");
    });

    it("has commands completed from the server's own list", async () => {
        await composer.pressSequentially("/ro");
        await active().filter({ hasText: "/roll" }).waitFor();
        await composer.press("Enter");
        await hasText("/roll ");
        await composer.pressSequentially("2d6");
        await composer.press("Enter");
        await bob.get("message").filter({ hasText: "2d6" }).waitFor();
    });

    it("chooses with the arrows, and closes the list by Escape", async () => {
        await composer.pressSequentially("/");
        await alice.sees("completions");
        const first = await active().textContent();
        await composer.press("ArrowDown");
        await active().filter({ hasNotText: first }).waitFor();
        await composer.press("ArrowUp");
        await active().filter({ hasText: first }).waitFor();
        await composer.press("Escape");
        await alice.seesNo("completions");
        assert.equal(await alice.composerText(), "/");
        await alice.write("");
    });

    it("has emoji completed, and replaced by name", async () => {
        await composer.pressSequentially(":thumbsu");
        await active().filter({ hasText: "👍" }).waitFor();
        await composer.press("Enter");
        await hasText("👍 ");
        await composer.pressSequentially("and :tada: at 12:30:45");
        await composer.press("Enter");
        await bob.seesMessage("👍 and 🎉 at 12:30:45");
    });

    it("picks emoji by keyboard, and goes on writing", async () => {
        await alice.write("well done");
        await composer.press("End");
        await alice.get("open-emoji").click();
        await alice.get("emoji-search").pressSequentially("rocket");
        await alice.get("emoji").first().waitFor();
        await alice.page.keyboard.press("ArrowDown");
        assert.equal(await alice.page.evaluate(() => document.activeElement.getAttribute("aria-label")), "rocket");
        await alice.page.keyboard.press("Enter");
        await hasText("well done🚀");
        await alice.seesNo("emoji-picker");
        await alice.write("");
    });

    it("loads the emoji only when they are needed", async () => {
        const has = (name) => alice.page.evaluate((wanted) =>
            performance.getEntriesByType("resource").some((entry) => entry.name.includes(wanted)), name);
        await alice.get("open-emoji").waitFor();
        assert.ok(await has("/parts-"));
        assert.ok(!(await has("/emoji-table")));
        await alice.get("open-emoji").click();
        await alice.get("emoji").first().waitFor();
        assert.ok(await has("/emoji-table"));
        await alice.page.keyboard.press("Escape");
    });

    it("edits the last message by an arrow, and gets the draft back", async () => {
        await alice.say("helo");
        await alice.seesMessage("helo");
        await alice.get("message", { status: "sent" }).first().waitFor();
        await composer.press("ArrowUp");
        await hasText("helo");
        await alice.sees("mode", { mode: "edit" });
        const [bar, field] = await Promise.all([alice.get("mode").boundingBox(), composer.boundingBox()]);
        assert.ok(bar.y + bar.height <= field.y && field.width > bar.width / 2, "the text has its room below the bar");
        await composer.fill("hello");
        await composer.press("Enter");
        await bob.seesMessage("hello");
        await bob.sees("message", { edited: "true" });
        await alice.seesNo("mode");
        await composer.press("ArrowUp");
        await hasText("hello");
        await composer.press("Escape");
        await hasText("");
        await alice.seesNo("mode");
    });
});
