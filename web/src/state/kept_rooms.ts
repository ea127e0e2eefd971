/** Where the rooms that somebody was in outlive the page, and his session on the server. */
export interface RoomStore {
    read(): readonly string[];
    write(names: readonly string[]): void;
}

export function roomsInMemory(): RoomStore {
    let kept: readonly string[] = [];
    return { read: () => kept, write: (names) => (kept = names) };
}

/** Where somebody wants to be, also while the server does not know. */
export class WantedRooms {
    readonly #names: Set<string>;

    constructor(private readonly store: RoomStore) {
        this.#names = new Set(store.read());
    }

    get names(): string[] {
        return [...this.#names];
    }

    add(name: string): void {
        if (!isDirectName(name)) this.#write(this.#names.add(name));
    }

    remove(name: string): void {
        if (this.#names.delete(name)) this.#write(this.#names);
    }

    #write(names: Iterable<string>): void {
        this.store.write([...names]);
    }
}

/** Rooms of two have names that only the server makes, and are entered by asking for a person. */
export function isDirectName(name: string): boolean {
    return name.startsWith("dm:");
}
