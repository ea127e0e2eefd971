// What people write, as others see it.

import { strict as assert } from "node:assert";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { Person, openBrowser } from "./people.mjs";
import { Program } from "./program.mjs";
import { Server } from "./server.mjs";

describe("a text", () => {
    let server, browser, alice, program;

    before(async () => {
        server = await Server.start();
        browser = await openBrowser();
    });
    beforeEach(async () => {
        alice = await Person.join(browser, server.url, "alice");
        program = await Program.enter(server.address, "program");
    });
    afterEach(async () => {
        program?.leave();
        await alice?.leave();
    });
    after(async () => {
        await browser?.close();
        await server?.end();
    });

    /** Where the message is shown that somebody else has written. */
    async function shown(text) {
        const delivered = program.next("delivered");
        program.say(text);
        const { seq } = await delivered;
        await alice.sees("message", { seq });
        return alice.get("message", { seq }).getByTestId("message-text");
    }

    it("is shown with its markup", async () => {
        const text = await shown("**bold** *italic* ~~gone~~ `a*b*` and\n> quoted\n```\nx = **1**\n```");
        for (const [tag, content] of [["strong", "bold"], ["em", "italic"], ["s", "gone"], ["blockquote", "quoted"]])
            assert.equal(await text.locator(tag).textContent(), content);
        assert.deepEqual(await text.locator("code").allTextContents(), ["a*b*", "x = **1**"]);
    });

    it("leads to pages, without telling them where from", async () => {
        const link = (await shown("see https://example.org/a_b_c.")).locator("a");
        assert.equal(await link.textContent(), "https://example.org/a_b_c");
        assert.equal(await link.getAttribute("href"), "https://example.org/a_b_c");
        assert.equal(await link.getAttribute("target"), "_blank");
        assert.equal(await link.getAttribute("rel"), "noopener noreferrer");
    });

    for (const evil of [
        "<img src=x onerror=alert(1)>", "javascript:alert(1)", "[x](javascript:alert(1))", "data:text/html,<script>alert(1)</script>",
        "<a href='https://example.org' onclick=alert(1)>x</a>", "https:javascript:alert(1)",
    ])
        it(`is harmless: ${evil}`, async () => {
            let dialogs = 0;
            alice.page.on("dialog", (dialog) => (dialogs++, dialog.dismiss()));
            const text = await shown(evil);
            assert.equal(await text.textContent(), evil);
            assert.equal(await text.locator("img, script, [onclick], a[href^=javascript], a[href^=data]").count(), 0);
            assert.equal(dialogs, 0);
        });

    it("does not burst the page, however long a word is", async () => {
        for (const long of ["x".repeat(4_000), "😀".repeat(500), "https://example.org/" + "y".repeat(2_000)]) {
            const text = await shown(long);
            assert.equal(await text.textContent(), long);
            const { width } = await text.boundingBox();
            const view = await alice.page.evaluate(() => [innerWidth, document.documentElement.scrollWidth]);
            assert.ok(width < view[0] && view[1] <= view[0], `${width} of ${view}`);
        }
    });

    it("cannot turn around what stands beside it", async () => {
        const text = await shown("invoice\u202egpj.exe");
        assert.equal(await text.textContent(), "invoiceRLOgpj.exe");
        assert.equal(await (await shown("שלום **עולם**")).locator("p").evaluate((p) => getComputedStyle(p).direction), "rtl");
    });
});
