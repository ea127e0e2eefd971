const NICK = "chatd.nick";

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
