// Connections that break, while the server goes on.

import { strict as assert } from "node:assert";
import { after, before, describe, it } from "node:test";
import { Person, openBrowser } from "./people.mjs";
import { Server } from "./server.mjs";
import { Way } from "./way.mjs";

describe("somebody whose connection breaks", () => {
    let server, way, browser, bob;

    before(async () => {
        server = await Server.start({ resumeWindow: "60s" });
        way = await Way.to(server.port);
        browser = await openBrowser();
        bob = await Person.join(browser, server.url, "bob");
    });
    after(async () => {
        await bob?.leave();
        await browser?.close();
        way?.close();
        await server?.end();
    });

    it("gets what was missed, and nobody saw it", async () => {
        const alice = await Person.join(browser, way.url, "alice");
        await bob.sees("user", { nick: "alice" });
        await bob.say("before");
        await alice.seesMessage("before");
        way.cut();
        await alice.seesNo("connection", { state: "online" });
        for (const text of ["one", "two", "three"]) {
            await bob.say(text);
            await bob.seesMessage(text);
        }
        await alice.say("written without a line");
        assert.equal(await bob.get("user", { nick: "alice" }).count(), 1);
        way.mend();
        await alice.isBack();
        for (const text of ["one", "two", "three", "written without a line"]) await alice.seesMessage(text);
        await bob.seesMessage("written without a line");
        assert.equal(await alice.get("gap").count(), 0);
        assert.equal(await bob.get("user", { nick: "alice" }).count(), 1);
        await alice.leave();
    });

    it("loses nothing that was written before the page was loaded again", async () => {
        const dave = await Person.join(browser, way.url, "dave");
        way.cut();
        await dave.seesNo("connection", { state: "online" });
        await dave.say("written, and away");
        await dave.sees("message", { status: "pending" });
        way.mend();
        await dave.page.reload();
        await dave.sees("connection", { state: "online" });
        await bob.seesMessage("written, and away");
        await dave.seesMessage("written, and away");
        assert.equal(await dave.message("written, and away").getAttribute("data-own"), "true");
        await dave.leave();
    });

    it("is the same after the page was loaded again", async () => {
        const carol = await Person.join(browser, server.url, "carol");
        await bob.sees("user", { nick: "carol" });
        await carol.page.reload();
        await carol.get("join-dialog").waitFor({ state: "hidden" });
        await carol.sees("connection", { state: "online" });
        await carol.say("still me");
        await bob.seesMessage("still me");
        assert.equal(await bob.get("user", { nick: "carol" }).count(), 1);
        await carol.leave();
    });
});
