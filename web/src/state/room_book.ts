import { batch, computed, signal } from "@preact/signals";
import { DEFAULT_ROOM } from "./location";
import type { RoomState } from "./room";
import { sumUnread } from "./unread";

/** The rooms that one is in, and the one that is shown. */
export class RoomBook {
    readonly rooms = signal<ReadonlyMap<string, RoomState>>(new Map());
    readonly shownName = signal(DEFAULT_ROOM);
    readonly shown = computed(() => this.stateOf(this.shownName.value));
    readonly unread = computed(() => sumUnread([...this.rooms.value.values()].map(({ unread }) => unread.value)));
    /** The ids of those who are seen in any of the rooms. */
    readonly here = computed(
        () => new Set([...this.rooms.value.values()].flatMap(({ people }) => [...(people.value.members?.keys() ?? [])])),
    );

    /** Also of rooms that one is not in: what was being written there is kept. */
    readonly #states = new Map<string, RoomState>();

    constructor(private readonly make: (name: string) => RoomState) {}

    stateOf(name: string): RoomState {
        const known = this.#states.get(name);
        if (known) return known;
        const room = this.make(name);
        this.#states.set(name, room);
        return room;
    }

    get states(): Iterable<RoomState> {
        return this.#states.values();
    }

    add(room: RoomState): void {
        if (!this.rooms.value.has(room.name)) this.rooms.value = new Map(this.rooms.value).set(room.name, room);
    }

    remove(name: string): void {
        this.stateOf(name).clear();
        const rooms = new Map(this.rooms.value);
        rooms.delete(name);
        this.rooms.value = rooms;
    }

    show(name: string): void {
        this.shown.value.onTurnedAway();
        const room = this.stateOf(name);
        batch(() => {
            // What is unread is not read before it was shown.
            room.isAtBottom.value = room.unread.value.messages === 0;
            this.shownName.value = name;
        });
        if (room.timeline.value.length === 0) void room.history.load();
    }

    clear(): void {
        for (const room of this.#states.values()) room.clear();
        this.rooms.value = new Map();
    }
}
