import { isObject } from "../client/frame";
import type { OutboxStore } from "../client/queued";
import { decodeKeptQueue } from "../client/queued";
import type { Session, SessionStore } from "../client/session";
import type { RoomStore } from "../state/kept_rooms";
import { decodeDrafts } from "../state/drafts";
import type { DraftStore } from "../state/drafts";

const NICK = "chatd.nick";
const SESSION = "chatd.session";
const ROOMS = "chatd.rooms";
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

/** A reload comes back as the same user, and so does a new tab; each goes on with what it was. */
export const keptSession: SessionStore = {
    read: () => [readTab(SESSION), readShared(SESSION)].find(isSession),
    write(session) {
        const former = this.read();
        writeTab(SESSION, session);
        const shared = readShared(SESSION);
        // What another tab has made of it by now is not ours to end.
        if (!session && isSession(shared) && shared.token !== former?.token) return;
        writeShared(SESSION, session);
    },
};

/** Rooms to be in again when the server does not know any more. */
export const keptRooms: RoomStore = {
    read() {
        const kept = readShared(ROOMS);
        return Array.isArray(kept) ? kept.filter((name) => typeof name === "string") : [];
    },
    write: (names) => writeShared(ROOMS, names),
};

/** What was written and not yet confirmed is sent after a reload. */
export const tabOutbox: OutboxStore = {
    read: () => decodeKeptQueue(readTab(OUTBOX)),
    write: (kept) => writeTab(OUTBOX, kept),
};

/** What was begun and not sent, in whichever tab; it outlives all of them. */
export const keptDrafts: DraftStore = {
    read: () => decodeDrafts(readShared(DRAFTS)),
    write(room, text) {
        const { [room]: _, ...others } = keptDrafts.read();
        const drafts = text === "" ? others : { ...others, [room]: text };
        writeShared(DRAFTS, Object.keys(drafts).length > 0 ? drafts : undefined);
    },
};

export function readShared(key: string): unknown {
    return readStore(() => localStorage, key);
}

export function writeShared(key: string, value: unknown): void {
    writeStore(() => localStorage, key, value);
}

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
