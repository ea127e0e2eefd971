// Ways to somewhere: search, the quick switcher, the sheet of shortcuts, notifications.

import { strict as assert } from "node:assert";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { Person, openBrowser } from "./people.mjs";
import { Program } from "./program.mjs";
import { Server, hasModule } from "./server.mjs";

describe("whoever looks for something", () => {
    let server, browser, alice, program;

    before(async () => {
        server = await Server.start({ modules: hasModule("history") ? ["history"] : [] });
        browser = await openBrowser();
    });
    beforeEach(async () => {
        alice = await Person.join(browser, server.url, "alice");
        program = await Program.enter(server.address, "bob");
        await alice.sees("user", { nick: "bob" });
    });
    afterEach(async () => {
        program?.leave();
        await alice?.leave();
    });
    after(async () => {
        await browser?.close();
        await server?.end();
    });

    const focused = () => alice.page.evaluate(() => document.activeElement.dataset.testid);

    it("finds a message, and goes there", { skip: !hasModule("history") && "no history" }, async () => {
        program.say("the needle is here");
        for (let i = 0; i < 120; i++) program.say(`hay ${i}`);
        await alice.seesMessage("hay 119");
        await alice.page.keyboard.press("Control+Shift+F");
        await alice.get("search-input").pressSequentially("needl");
        const found = alice.get("search-result").filter({ hasText: "the needle is here" });
        await found.waitFor();
        assert.equal(await found.locator("mark").textContent(), "needle");
        await alice.page.keyboard.press("Enter");
        await alice.seesNo("search-dialog");
        await alice.page.waitForFunction(() => document.activeElement.textContent.includes("the needle is here"));
        const box = await alice.message("the needle is here").boundingBox();
        assert.ok(box.y > 0 && box.y < 700, "it is in view");
    });

    it("goes to rooms by name, and makes one", async () => {
        await alice.page.keyboard.press("Control+k");
        await alice.get("switcher-input").pressSequentially("garden");
        await alice.get("destination", { kind: "join" }).filter({ hasText: "garden" }).waitFor();
        await alice.page.keyboard.press("Enter");
        await alice.seesNo("switcher");
        await alice.page.waitForFunction(() => document.querySelector('[data-testid="composer"]').placeholder.includes("garden"));
        await alice.page.keyboard.press("Control+k");
        await alice.get("switcher-input").pressSequentially("lob");
        await alice.get("destination", { kind: "room" }).filter({ hasText: "lobby" }).waitFor();
        await alice.page.keyboard.press("Enter");
        await alice.page.waitForFunction(() => document.querySelector('[data-testid="composer"]').placeholder.includes("lobby"));
    });

    it("goes where the last letter says, however fast it was typed", async () => {
        await alice.page.keyboard.press("Control+k");
        const input = alice.get("switcher-input");
        await input.waitFor();
        await input.evaluate((field) => {
            field.value = "lobby-annex";
            field.dispatchEvent(new InputEvent("input", { bubbles: true }));
            field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
        });
        await alice.page.waitForFunction(() => document.querySelector('[data-testid="composer"]').placeholder.includes("lobby-annex"));
    });

    it("writes to a person", async () => {
        await alice.page.keyboard.press("Control+k");
        await alice.get("switcher-input").pressSequentially("bo");
        await alice.get("destination", { kind: "person" }).filter({ hasText: "bob" }).click();
        await alice.page.waitForFunction(() => document.querySelector('[data-testid="composer"]').placeholder.includes("bob"));
    });

    it("sees the shortcuts, and goes on where the focus was", async () => {
        assert.equal(await focused(), "composer");
        await alice.page.keyboard.press("Control+/");
        await alice.sees("shortcuts");
        await alice.page.keyboard.press("Escape");
        await alice.seesNo("shortcuts");
        assert.equal(await focused(), "composer");
        await alice.page.keyboard.press("?");
        assert.equal(await alice.composerText(), "?");
        await alice.write("");
        await alice.get("messages").focus();
        await alice.page.keyboard.press("?");
        await alice.sees("shortcuts");
        await alice.page.keyboard.press("Escape");
        await alice.seesNo("shortcuts");
        assert.equal(await focused(), "messages");
    });
});

describe("notifications", () => {
    let server, browser, alice, program;

    /** Stands for the browser's own, which a test cannot see. */
    const FAKE = () => {
        globalThis.told = [];
        globalThis.asked = 0;
        globalThis.Notification = class {
            static permission = "default";
            static async requestPermission() {
                globalThis.asked++;
                return (this.permission = "granted");
            }
            constructor(title, { body }) {
                globalThis.told.push(`${title}: ${body}`);
            }
            close() {}
        };
        // As if somebody looked elsewhere.
        document.hasFocus = () => false;
        Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
    };

    before(async () => {
        server = await Server.start({ resumeWindow: "30s" });
        browser = await openBrowser();
        alice = await Person.open(browser, server.url);
        await alice.page.addInitScript(FAKE);
        await alice.page.reload();
        await alice.enter("alice");
        await alice.sees("connection", { state: "online" });
        program = await Program.enter(server.address, "bob");
    });
    after(async () => {
        program?.leave();
        await alice?.leave();
        await browser?.close();
        await server?.end();
    });

    const told = () => alice.page.evaluate(() => globalThis.told);

    it("are asked for by a gesture only, and tell what was chosen", async () => {
        assert.equal(await alice.page.evaluate(() => globalThis.asked), 0);
        await alice.get("open-notify").click();
        assert.ok(await alice.get("notify-mentions").isChecked());
        await alice.get("notify-allow").click();
        await alice.get("notify-status").filter({ hasText: "shows notifications" }).waitFor();
        await alice.page.keyboard.press("Escape");
        program.say("nothing special");
        program.say("look here @alice");
        await alice.seesMessage("look here @alice");
        await alice.page.waitForFunction(() => globalThis.told.length > 0);
        assert.deepEqual(await told(), ["bob in lobby: look here @alice"]);
    });

    it("are kept room by room", async () => {
        await alice.get("open-notify").click();
        await alice.get("notify-all").check();
        await alice.page.keyboard.press("Escape");
        program.say("something");
        await alice.page.waitForFunction(() => globalThis.told.includes("bob in lobby: something"));
        await alice.get("open-notify").click();
        await alice.get("notify-nothing").check();
        await alice.page.keyboard.press("Escape");
        program.say("@alice again");
        program.say("the last one");
        await alice.seesMessage("the last one");
        assert.ok(!(await told()).some((text) => text.includes("again")));
        await alice.page.reload();
        await alice.sees("composer");
        await alice.get("open-notify").click();
        assert.ok(await alice.get("notify-nothing").isChecked());
    });
});
