// The server goes away and comes back.

import { strict as assert } from "node:assert";
import { after, before, describe, it } from "node:test";
import { Person, openBrowser } from "./people.mjs";
import { Server } from "./server.mjs";

describe("a server that goes away", () => {
    let server, browser;

    before(async () => {
        server = await Server.start();
        browser = await openBrowser();
    });
    after(async () => {
        await browser?.close();
        await server?.end();
    });

    it("is waited for, and nothing that was written is lost", async () => {
        const alice = await Person.join(browser, server.url, "alice");
        const bob = await Person.join(browser, server.url, "bob");
        await alice.say("before");
        await bob.seesMessage("before");
        await alice.write("half a sen");

        await server.stop();
        for (const person of [alice, bob]) await person.seesNo("connection", { state: "online" });
        assert.equal(await alice.composerText(), "half a sen");
        await alice.sees("connection", { state: "waiting" });

        await server.start();
        for (const person of [alice, bob]) await person.isBack();
        assert.equal(await alice.composerText(), "half a sen");
        await bob.seesMessage("before");

        await alice.say("half a sentence");
        await bob.seesMessage("half a sentence");
        await bob.say("and an answer");
        await alice.seesMessage("and an answer");
        await alice.sees("user", { nick: "bob" });

        await alice.leave();
        await bob.leave();
    });

    it("gets what was sent while it was away", async () => {
        const alice = await Person.join(browser, server.url, "alice");
        const bob = await Person.join(browser, server.url, "bob");
        await server.stop();
        await alice.seesNo("connection", { state: "online" });
        await alice.say("into the void");
        await alice.sees("message", { status: "pending" });
        await server.start();
        for (const person of [alice, bob]) await person.isBack();
        await alice.sees("message", { status: "sent" });
        await alice.seesMessage("into the void");
        await alice.leave();
        await bob.leave();
    });

    it("is reported when it is down at the first try", async () => {
        const alice = await Person.open(browser, server.url);
        await server.stop();
        await alice.enter("alice");
        await alice.sees("join-error");
        await server.start();
        await alice.get("join-button").click();
        await alice.sees("connection", { state: "online" });
        await alice.leave();
    });
});
