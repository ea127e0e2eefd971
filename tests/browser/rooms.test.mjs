// Several rooms, direct messages, what is unread in them, and drafts.

import { strict as assert } from "node:assert";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { Person, openBrowser } from "./people.mjs";
import { Program } from "./program.mjs";
import { Server } from "./server.mjs";

describe("rooms", () => {
    let server, browser, alice, bob;

    before(async () => {
        server = await Server.start({ modules: ["history", "readmarks"], resumeWindow: "60s" });
        browser = await openBrowser();
    });
    beforeEach(async () => {
        bob = await Program.enter(server.address, "bob");
        alice = await Person.join(browser, server.url, "alice");
        await alice.sees("room", { room: "lobby" });
    });
    afterEach(async () => {
        bob?.client.logOut();
        await alice?.get("leave").click();
        await alice?.leave();
    });
    after(async () => {
        await browser?.close();
        await server?.end();
    });

    async function enterRoom(person, name) {
        await person.get("add-room").click();
        await person.get("room-name").fill(name);
        await person.get("room-name").press("Enter");
        await person.seesNo("room-dialog");
        await person.get("room", { room: name }).and(person.page.locator("[aria-current=page]")).waitFor();
    }

    function badge(person, room, unread, mentions) {
        return person.get("room", { room }).locator(
            `[data-testid="badge"][data-unread="${unread}"][data-mentions="${mentions}"]`).waitFor();
    }

    function titleIs(person, title) {
        return person.page.waitForFunction((wanted) => document.title === wanted, title);
    }

    function iconIs(person, name) {
        return person.page.waitForFunction(
            (wanted) => document.querySelector('link[rel="icon"]').getAttribute("href") === wanted, name);
    }

    it("are made, found, and each has its own messages and draft", async () => {
        await alice.write("for the lobby");
        await enterRoom(alice, "garden");
        assert.equal(await alice.composerText(), "");
        await alice.say("only in the garden");
        await alice.seesMessage("only in the garden");
        await alice.write("for the garden");
        await alice.get("room", { room: "lobby" }).click();
        assert.equal(await alice.composerText(), "for the lobby");
        assert.equal(await alice.message("only in the garden").count(), 0);

        const carol = await Person.join(browser, server.url, "carol");
        await carol.get("add-room").click();
        await carol.get("public-room", { room: "garden" }).click();
        await carol.seesMessage("only in the garden");
        await carol.leave();

        await alice.page.reload();
        await alice.sees("room", { room: "garden" });
        assert.equal(await alice.composerText(), "for the lobby");
        await alice.get("room", { room: "garden" }).click();
        assert.equal(await alice.composerText(), "for the garden");
        await alice.seesMessage("only in the garden");
        await alice.write("");
    });

    it("tell what is unread and for whom, in the list, the title and the icon", async () => {
        await enterRoom(alice, "tea");
        await titleIs(alice, "#tea · chatd");
        bob.say("one");
        await badge(alice, "lobby", 1, 0);
        await titleIs(alice, "(1) #tea · chatd");
        await iconIs(alice, "favicon-unread.svg");
        bob.say("two, @alice");
        await badge(alice, "lobby", 2, 1);
        await titleIs(alice, "(2) #tea · chatd");
        await iconIs(alice, "favicon-mention.svg");
        await alice.get("room", { room: "lobby" }).click();
        await titleIs(alice, "#lobby · chatd");
        await iconIs(alice, "favicon.svg");
        assert.equal(await alice.get("badge").count(), 0);
    });

    it("have the same counts in another tab, and what is read in one is read in the other", async () => {
        await enterRoom(alice, "tea");
        const tab = await alice.openTab(server.url + "#tea");
        await tab.sees("connection", { state: "online" });
        await tab.sees("room", { room: "lobby" });
        bob.say("hello @alice");
        bob.say("and again");
        for (const page of [alice, tab]) await badge(page, "lobby", 2, 1);
        await tab.get("room", { room: "lobby" }).click();
        await tab.seesMessage("hello @alice");
        for (const page of [alice, tab]) await page.seesNo("badge");
        await titleIs(alice, "#tea · chatd");
        await tab.page.close();
    });

    it("keep what was unread over a reload", async () => {
        await enterRoom(alice, "tea");
        bob.say("before the reload");
        await badge(alice, "lobby", 1, 0);
        await alice.page.reload();
        await badge(alice, "lobby", 1, 0);
        await alice.get("room", { room: "lobby" }).click();
        const line = alice.get("new-line");
        await line.waitFor();
        assert.equal(await alice.message("before the reload").locator("xpath=..").getByTestId("new-line").count(), 1);
        await alice.seesNo("badge");
        assert.equal(await line.count(), 1, "the line stays while one reads");
        await alice.get("room", { room: "tea" }).click();
        await alice.get("room", { room: "lobby" }).click();
        await alice.seesMessage("before the reload");
        assert.equal(await line.count(), 0);
    });

    it("of two are opened from a person's menu", async () => {
        const dave = await Person.join(browser, server.url, "dave");
        await alice.get("user", { nick: "dave" }).getByRole("button").click();
        await alice.get("person-direct").click();
        await alice.get("room", { room: "dave" }).and(alice.page.locator("[aria-current=page]")).waitFor();
        await alice.say("between us");
        await badge(dave, "alice", 1, 1);
        await dave.get("room", { room: "alice" }).click();
        await dave.seesMessage("between us");
        await dave.leave();
    });

    it("name somebody in the composer from his menu", async () => {
        await alice.write("look");
        await alice.get("user", { nick: "bob" }).getByRole("button").click();
        await alice.get("person-mention").click();
        assert.equal(await alice.composerText(), "look @bob ");
        await alice.page.keyboard.type("here");
        assert.equal(await alice.composerText(), "look @bob here");
        await alice.write("");
    });

    it("are left, and another one is shown", async () => {
        await enterRoom(alice, "tea");
        await alice.get("leave-room").click();
        await alice.seesNo("room", { room: "tea" });
        await titleIs(alice, "#lobby · chatd");
        await alice.say("still here");
        await alice.seesMessage("still here");
    });

    it("are reached by the keyboard alone", async () => {
        await enterRoom(alice, "tea");
        const focused = (attribute) => alice.page.evaluate(
            (name) => document.activeElement.getAttribute(name), attribute);
        const { keyboard } = alice.page;
        assert.equal(await focused("data-testid"), "composer");
        await keyboard.press("F6");
        assert.equal(await alice.page.evaluate(() => document.activeElement.closest("[data-region]").ariaLabel), "People");
        await keyboard.press("F6");
        assert.equal(await focused("data-room"), "tea");
        await keyboard.press("ArrowUp");
        assert.equal(await focused("data-room"), "lobby");
        await keyboard.press("Enter");
        await titleIs(alice, "#lobby · chatd");
        assert.equal(await focused("data-testid"), "composer");
        await keyboard.press("Shift+F6");
        assert.equal(await focused("data-testid"), "messages");
        await keyboard.press("Shift+F6");
        assert.equal(await focused("data-room"), "lobby");
        await alice.get("add-room").focus();
        await keyboard.press("Enter");
        await alice.sees("room-dialog");
        await keyboard.press("Escape");
        await alice.seesNo("room-dialog");
        assert.equal(await focused("data-testid"), "add-room", "the focus returns");
        await alice.get("user", { nick: "bob" }).getByRole("button").focus();
        await keyboard.press("Enter");
        await alice.sees("person-menu");
        await keyboard.press("ArrowDown");
        assert.equal(await focused("data-testid"), "person-mention");
        await keyboard.press("Escape");
        await alice.seesNo("person-menu");
        assert.equal(await focused("title"), "bob");
    });
});
