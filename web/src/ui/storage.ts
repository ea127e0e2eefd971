import { isObject } from "../client/frame";
import type { OutboxStore } from "../client/queued";
import { decodeKeptQueue } from "../client/queued";
import type { Session, SessionStore } from "../client/session";
import { decodeDrafts } from "../state/drafts";
import type { DraftStore } from "../state/drafts";

const NICK = "chatd.nick";
const SESSION = "chatd.session";
const DRAFTS = "chatd.drafts";
const OUTBOX = "chatd.outbox";

// A browser may forbid storage; then nothing is remembered, and nothing else changes.

export function readNick(): string {
    try {
        return localStorage.getItem(NICK) ?? "";
    } catch {
        return "";
    }
}

export function storeNick(nick: string): void {
    try {
        localStorage.setItem(NICK, nick);
    } catch {
        return;
    }
}

/** For as long as the tab lives: a reload comes back as the same user. */
export const tabSession: SessionStore = {
    read() {
        const kept = readTab(SESSION);
        return isSession(kept) ? kept : undefined;
    },
    write: (session) => writeTab(SESSION, session),
};

/** What was written and not yet confirmed is sent after a reload. */
export const tabOutbox: OutboxStore = {
    read: () => decodeKeptQueue(readTab(OUTBOX)),
    write: (kept) => writeTab(OUTBOX, kept),
};

/** What was begun and not sent, in whichever tab; it outlives all of them. */
export const keptDrafts: DraftStore = {
    read: () => decodeDrafts(readStore(() => localStorage, DRAFTS)),
    write(room, text) {
        const { [room]: _, ...others } = keptDrafts.read();
        const drafts = text === "" ? others : { ...others, [room]: text };
        writeStore(() => localStorage, DRAFTS, Object.keys(drafts).length > 0 ? drafts : undefined);
    },
};

function readTab(key: string): unknown {
    return readStore(() => sessionStorage, key);
}

function writeTab(key: string, value: unknown): void {
    writeStore(() => sessionStorage, key, value);
}

function readStore(store: () => Storage, key: string): unknown {
    try {
        return JSON.parse(store().getItem(key) ?? "null");
    } catch {
        return undefined;
    }
}

function writeStore(store: () => Storage, key: string, value: unknown): void {
    try {
        if (value === undefined) store().removeItem(key);
        else store().setItem(key, JSON.stringify(value));
    } catch {
        return;
    }
}

function isSession(value: unknown): value is Session {
    return isObject(value) && typeof value["nick"] === "string" && typeof value["token"] === "string";
}
