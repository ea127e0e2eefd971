/** Where the rooms that somebody was in outlive the page, and his session on the server. */
export interface RoomStore {
    read(): readonly string[];
    write(names: readonly string[]): void;
}

export function roomsInMemory(): RoomStore {
    let kept: readonly string[] = [];
    return { read: () => kept, write: (names) => (kept = names) };
}

/** Rooms of two have names that only the server makes, and are entered by asking for a person. */
export function isDirectName(name: string): boolean {
    return name.startsWith("dm:");
}
