import { isObject } from "../client/frame";
import type { Session, SessionStore } from "../client/session";

const NICK = "chatd.nick";
const SESSION = "chatd.session";

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
        try {
            const kept: unknown = JSON.parse(sessionStorage.getItem(SESSION) ?? "null");
            return isSession(kept) ? kept : undefined;
        } catch {
            return undefined;
        }
    },
    write(session) {
        try {
            if (session) sessionStorage.setItem(SESSION, JSON.stringify(session));
            else sessionStorage.removeItem(SESSION);
        } catch {
            return;
        }
    },
};

function isSession(value: unknown): value is Session {
    return isObject(value) && typeof value["nick"] === "string" && typeof value["token"] === "string";
}
