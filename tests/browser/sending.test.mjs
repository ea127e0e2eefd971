// What becomes of a message on its way, and what the page says of the connection.

import { strict as assert } from "node:assert";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { Person, openBrowser } from "./people.mjs";
import { Program, until } from "./program.mjs";
import { Server } from "./server.mjs";
import { Way } from "./way.mjs";

describe("a message on its way", () => {
    let server, way, browser, bob, alice;
    /** What the page has sent, as frames. */
    let sent;

    before(async () => {
        server = await Server.start({ modules: ["history", "readmarks"], resumeWindow: "60s", isStrict: true });
        way = await Way.to(server.port);
        browser = await openBrowser();
        bob = await Program.enter(server.address, "bob");
    });
    beforeEach(async () => {
        sent = [];
        alice = await Person.join(browser, way.url, "alice", (page) => page.on("websocket", (socket) => {
            socket.on("framesent", ({ payload }) => sent.push(JSON.parse(payload)));
        }));
    });
    afterEach(async () => {
        await alice?.get("leave").click();
        await alice?.leave();
    });
    after(async () => {
        bob?.client.logOut();
        await browser?.close();
        way?.close();
        await server?.end();
    });

    const requests = (type) => sent.filter((frame) => frame.type === type);


    it("is said not to be confirmed while nobody knows, and is there once", async () => {
        way.silence();
        await alice.say("is anybody there");
        await alice.sees("message", { status: "unconfirmed" });
        assert.match(await alice.get("message", { status: "unconfirmed" }).textContent(), /Not confirmed/);
        way.speak();
        await alice.sees("message", { status: "sent" });
        await alice.seesMessage("is anybody there");
        assert.deepEqual(bob.texts("is anybody there"), ["is anybody there"]);
    });

    it("that was refused says so, and is the same one when it is sent again", async () => {
        await alice.write("next thought");
        await alice.say("shit happens");
        const failed = alice.get("message", { status: "failed" });
        await failed.waitFor();
        assert.match(await failed.getByRole("alert").textContent(), /Not sent: .*not welcome/);
        await alice.write("next thought");

        server.isStrict = false;
        await server.stop();
        await server.start();
        await alice.get("try-now").or(alice.get("connection", { state: "online" })).first().waitFor();
        if (await alice.get("try-now").count()) await alice.get("try-now").click().catch(() => {});
        await alice.isBack();
        await failed.getByRole("button", { name: "Retry" }).click();
        await alice.seesNo("message", { status: "failed" });
        await alice.message("**** happens").waitFor();
        assert.equal(await alice.composerText(), "next thought");
        const cids = requests("message").map(({ cid }) => cid);
        assert.ok(cids.length >= 2);
        assert.equal(new Set(cids).size, 1, "the same cid");
        await alice.write("");
    });

    it("can be written on while it is refused, and is taken back in front of that", async () => {
        server.isStrict = true;
        await server.stop();
        await server.start();
        await alice.isBack();
        await alice.say("oh shit");
        await alice.sees("message", { status: "failed" });
        await alice.page.reload();
        await alice.sees("message", { status: "failed" });
        await alice.write("and more");
        await alice.get("message", { status: "failed" }).getByRole("button", { name: "Edit" }).click();
        await alice.seesNo("message", { status: "failed" });
        assert.equal(await alice.composerText(), "oh shit\nand more");
        assert.equal(await alice.get("message", { status: "failed" }).count(), 0);
        assert.equal(await alice.page.evaluate(() => document.activeElement.id), "composer");
        await alice.write("");
    });
});

describe("a connection", () => {
    let server, way, browser, bob, alice, sent;

    before(async () => {
        server = await Server.start({ modules: ["history", "readmarks"], resumeWindow: "60s" });
        way = await Way.to(server.port);
        browser = await openBrowser();
        bob = await Program.enter(server.address, "bob");
        sent = [];
        alice = await Person.join(browser, way.url, "alice", (page) => page.on("websocket", (socket) => {
            socket.on("framesent", ({ payload }) => sent.push(JSON.parse(payload).type));
        }));
    });
    after(async () => {
        await alice?.leave();
        bob?.client.logOut();
        await browser?.close();
        way?.close();
        await server?.end();
    });

    function pings() {
        return sent.filter((type) => type === "ping").length;
    }

    it("that is lost is told with a countdown, and mended at once when asked to", async () => {
        const banner = alice.get("connection");
        way.cut();
        await alice.sees("connection", { state: "waiting" });
        assert.match(await banner.getByRole("status").textContent(), /Connection lost/);
        assert.match(await alice.get("countdown").textContent(), /in \d+ s/);
        for (const text of ["one", "two", "three"]) bob.say(text);
        await until("they are said", () => bob.texts("three").length > 0);
        await alice.write("meanwhile");
        way.mend();
        // It may have come back by itself meanwhile. The news does not stay for long.
        await Promise.all([
            alice.get("news").filter({ hasText: "3 messages" }).waitFor({ timeout: 30_000 }),
            alice.get("try-now").click().catch(() => {}),
        ]);
        await alice.isBack();
        await alice.seesMessage("three");
        assert.equal(await alice.message("one").locator("xpath=..").getByTestId("new-line").count(), 1);
        assert.equal(await alice.get("gap").count(), 0);
        assert.equal(await alice.composerText(), "meanwhile");
        await alice.write("");
    });

    for (const [what, wake] of [
        ["the network returns", () => dispatchEvent(new Event("online"))],
        ["the tab is shown", () => document.dispatchEvent(new Event("visibilitychange"))],
        ["the page is restored", () => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))],
    ])
        it(`is tried when ${what}`, async () => {
            const before = pings();
            await alice.page.evaluate(wake);
            for (let tries = 0; pings() === before && tries < 100; tries++) await alice.page.waitForTimeout(50);
            assert.equal(pings(), before + 1);
            await alice.sees("connection", { state: "online" });
        });

    it("that is dead without a word is noticed when the network returns", async () => {
        way.silence();
        await alice.page.evaluate(() => dispatchEvent(new Event("online")));
        await alice.get("connection", { state: "online" }).waitFor({ state: "hidden", timeout: 30_000 });
        way.speak();
        await alice.isBack();
    });
});
