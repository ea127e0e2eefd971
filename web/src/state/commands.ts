import { signal } from "@preact/signals";
import type { ChatClient } from "../client/client";
import type { Fields } from "../client/frame";
import { all, objects, string } from "../client/frame";
import type { Command } from "./completion";

/** What may follow a slash, as the server tells. */
export class Commands {
    readonly list = signal<readonly Command[]>([]);
    #isAsked = false;

    constructor(private readonly client: ChatClient) {
        // Another server, or the same one with other modules.
        client.events.on("hello", () => (this.#isAsked = false));
    }

    load(): void {
        if (this.#isAsked || !this.client.has("commands")) return;
        this.#isAsked = true;
        this.client.request({ type: "commands" }).then(
            (answer) => (this.list.value = all(objects(answer, "commands"), decodeCommand)),
            () => (this.#isAsked = false),
        );
    }
}

function decodeCommand(fields: Fields): Command | undefined {
    const name = string(fields, "name");
    return name === undefined
        ? undefined
        : { name, usage: string(fields, "usage") ?? "", help: string(fields, "help") ?? "" };
}
