const KEY = "chatd.emoji";
const MOST = 24;
const FIRST = ["👍", "❤️", "😂", "🎉", "😮", "😢"];

/** Those that were picked last, at first some that most people need. */
export function readRecentEmoji(): string[] {
    try {
        const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "null");
        const isKept = Array.isArray(kept) && kept.every((char) => typeof char === "string");
        return isKept ? [...new Set([...kept, ...FIRST])].slice(0, MOST) : FIRST;
    } catch {
        return FIRST;
    }
}

export function storeRecentEmoji(char: string): void {
    try {
        const others = readRecentEmoji().filter((other) => other !== char);
        localStorage.setItem(KEY, JSON.stringify([char, ...others].slice(0, MOST)));
    } catch {
        return;
    }
}
