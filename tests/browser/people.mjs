// People with a browser each: what they do, and what they see.

import { strict as assert } from "node:assert";
import { chromium } from "playwright-core";
import { PATIENCE_MS } from "./server.mjs";

const CHROMIUM = process.env.CHROMIUM || "/usr/bin/chromium";
const ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

/** What a browser itself writes about a server that is down. */
const SERVER_IS_DOWN = /WebSocket connection to .* failed|net::ERR_CONNECTION_REFUSED/;

export function openBrowser(more = []) {
    return chromium.launch({ executablePath: CHROMIUM, args: [...ARGUMENTS, ...more] });
}

export class Person {
    /** Messages of the console and of the page's policy that should not be. */
    complaints = [];

    /** Opens the page in a browser context of its own. */
    static async open(browser, url, prepare) {
        return Person.#openIn(await browser.newContext(), url, prepare);
    }

    /** `prepare` gets the page before it has gone anywhere. */
    static async #openIn(context, url, prepare) {
        const person = new Person();
        person.context = context;
        person.page = await person.context.newPage();
        person.page.setDefaultTimeout(PATIENCE_MS);
        person.page.on("pageerror", (error) => person.complaints.push(`${error}`));
        person.page.on("console", (message) => {
            if (message.type() === "error" && !SERVER_IS_DOWN.test(message.text())) person.complaints.push(message.text());
        });
        await prepare?.(person.page);
        await person.page.goto(url);
        return person;
    }

    static async join(browser, url, nick, prepare) {
        const person = await Person.open(browser, url, prepare);
        await person.enter(nick);
        await person.get("join-dialog").waitFor({ state: "hidden" });
        await person.sees("connection", { state: "online" });
        return person;
    }

    /** A second page of the same person. */
    openTab(url) {
        return Person.#openIn(this.context, url);
    }

    get(name, data = {}) {
        const conditions = Object.entries(data).map(([key, value]) => `[data-${key}="${value}"]`);
        return this.page.locator(`[data-testid="${name}"]${conditions.join("")}`);
    }

    async enter(nick) {
        await this.get("nick-input").fill(nick);
        await this.get("join-button").click();
    }

    async write(text) {
        await this.get("composer").fill(text);
    }

    async say(text) {
        await this.write(text);
        await this.get("composer").press("Enter");
    }

    sees(name, data) {
        return this.get(name, data).first().waitFor();
    }

    seesNo(name, data) {
        return this.get(name, data).first().waitFor({ state: "hidden" });
    }

    /** Online again: between its tries the client waits for up to half a minute. */
    isBack() {
        return this.get("connection", { state: "online" }).waitFor({ timeout: 3 * PATIENCE_MS });
    }

    /** The message with this text, once it was sent. */
    message(text) {
        return this.get("message").filter({ has: this.page.getByText(text, { exact: true }) });
    }

    async seesMessage(text) {
        await this.message(text).first().waitFor();
        assert.equal(await this.message(text).count(), 1, `"${text}" is there once`);
    }

    seesTyping(nick) {
        return this.get("typing").filter({ hasText: nick }).waitFor();
    }

    async seesNobodyTyping() {
        await this.page.waitForFunction(
            () => document.querySelector('[data-testid="typing"]').textContent === "");
    }

    composerText() {
        return this.get("composer").inputValue();
    }

    async leave() {
        await this.context.close();
        assert.deepEqual(this.complaints, []);
    }
}
