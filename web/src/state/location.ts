export const DEFAULT_ROOM = "lobby";

/** The room that a page address names, as in `https://chat.example/#garden`. */
export function roomFromHash(hash: string): string {
    const encoded = hash.replace(/^#/, "");
    try {
        return decodeURIComponent(encoded).trim() || DEFAULT_ROOM;
    } catch {
        return encoded;
    }
}

export function hashFromRoom(name: string): string {
    return `#${encodeURIComponent(name)}`;
}
