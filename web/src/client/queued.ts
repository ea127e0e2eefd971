import { all, isObject, objects, string } from "./frame";
import type { DurableRequest } from "./requests";
import { decodeRequest } from "./requests";

/** Why a request failed for good, in a form that can be stored. */
export interface Failure {
    readonly code: string;
    readonly message: string;
}

/**
 * A request on its way. `pending`: waits for its turn, or for a connection. `sent`: on the wire. `unconfirmed`: sent,
 * and not answered for a while, so nobody knows; it is asked for again. `failed`: refused; retry() or discard() it.
 */
export type Queued =
    | { readonly request: DurableRequest; readonly status: "pending" | "sent" | "unconfirmed" }
    | { readonly request: DurableRequest; readonly status: "failed"; readonly error: Failure };

/** What was not confirmed when it was written down, in the order in which it is to be sent. */
export interface KeptQueue {
    /** Whose it is: under another name it is not sent. */
    readonly nick: string;
    readonly queue: readonly Queued[];
}

/** Where the outbox is kept. One that outlives the page, or the program, loses nothing that waited in it. */
export interface OutboxStore {
    read(): KeptQueue | undefined;
    write(kept: KeptQueue | undefined): void;
}

export function outboxInMemory(): OutboxStore {
    return { read: () => undefined, write: () => {} };
}

/** For stores that keep text. */
export function decodeKeptQueue(value: unknown): KeptQueue | undefined {
    if (!isObject(value)) return undefined;
    const nick = string(value, "nick");
    if (nick === undefined) return undefined;
    return { nick, queue: all(objects(value, "queue"), decodeQueued) };
}

function decodeQueued(value: unknown): Queued | undefined {
    if (!isObject(value)) return undefined;
    const request = decodeRequest(value["request"]);
    if (!request) return undefined;
    const error = isObject(value["error"]) ? value["error"] : undefined;
    if (value["status"] !== "failed" || !error) return { request, status: "pending" };
    const code = string(error, "code") ?? "internal";
    return { request, status: "failed", error: { code, message: string(error, "message") ?? code } };
}
