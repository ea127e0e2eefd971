// Messages that change while a page shows them.

import { after, before, describe, it } from "node:test";
import { Person, openBrowser } from "./people.mjs";
import { Program } from "./program.mjs";
import { Server } from "./server.mjs";

describe("a page", () => {
    let server, browser, alice, program;

    before(async () => {
        server = await Server.start({ modules: ["edits", "reactions"] });
        browser = await openBrowser();
        alice = await Person.join(browser, server.url, "alice");
        program = await Program.enter(server.address, "program");
    });
    after(async () => {
        program?.leave();
        await alice?.leave();
        await browser?.close();
        await server?.end();
    });

    async function say(text) {
        const delivered = program.next("delivered");
        program.say(text);
        await alice.seesMessage(text);
        return (await delivered).seq;
    }

    it("shows what a message says by now", async () => {
        const seq = await say("helo");
        program.client.edit("lobby", seq, "hello");
        await alice.seesMessage("hello");
        await alice.sees("message", { seq, edited: "true" });
    });

    it("shows nothing of a message that was deleted", async () => {
        const seq = await say("too much");
        program.client.remove("lobby", seq);
        await alice.sees("message", { seq, deleted: "true" });
        await alice.message("too much").waitFor({ state: "hidden" });
        await alice.seesMessage("message deleted");
    });
});
