// The page over https, and its WebSocket over wss on the same port.

import { after, before, describe, it } from "node:test";
import { Person, openBrowser } from "./people.mjs";
import { Server } from "./server.mjs";

describe("a server with TLS", () => {
    let server, browser;

    before(async () => {
        server = await Server.startTls();
        browser = await openBrowser(["--ignore-certificate-errors"]);
    });
    after(async () => {
        await browser?.close();
        await server?.end();
    });

    it("serves the page and the chat", async () => {
        const alice = await Person.join(browser, server.url, "alice");
        const bob = await Person.join(browser, server.url, "bob");
        await alice.say("hello");
        await bob.seesMessage("hello");
        await alice.leave();
        await bob.leave();
    });
});
