import type { RoomInfo, User } from "../client/types";
import { rankBy } from "./ranking";

/** Where one can go: a room that one is in, one that can be joined, a person. */
export type Destination =
    | { readonly kind: "room" | "direct"; readonly id: string; readonly label: string; readonly unread: number }
    | { readonly kind: "join"; readonly id: string; readonly label: string; readonly count?: number }
    | { readonly kind: "person"; readonly id: string; readonly label: string };

export interface OwnRoom {
    readonly name: string;
    readonly title: string;
    readonly isDirect: boolean;
    readonly unread: number;
}

interface Known {
    readonly own: readonly OwnRoom[];
    readonly others: readonly RoomInfo[];
    readonly people: readonly User[];
    readonly myId: string | undefined;
    readonly mayJoin: boolean;
}

const MOST = 50;
const ROOM_NAME = /^[^\s\p{Cc}]{1,64}$/u;

/** What fits `query`: own rooms first, then people, then rooms that one is not in, and at last a new one of that name. */
export function destinations({ own, others, people, myId, mayJoin }: Known, query: string): Destination[] {
    const name = query.trim().replace(/^[#@]/, "");
    const mine = new Set(own.map((room) => room.name));
    const directs = new Set(own.filter(({ isDirect }) => isDirect).map(({ title }) => title));
    const rooms = own.map(({ name, title, isDirect, unread }): Destination => {
        return { kind: isDirect ? "direct" : "room", id: name, label: title, unread };
    });
    const persons = people
        .filter(({ id, nick, bot }) => id !== myId && !bot && !directs.has(nick))
        .map(({ id, nick }): Destination => ({ kind: "person", id, label: nick }));
    const joinable = others
        .filter(({ room }) => !mine.has(room))
        .map(({ room, count }): Destination => ({ kind: "join", id: room, label: room, count }));
    const found = [rooms, persons, joinable].flatMap((some) => rankBy(some, name, ({ label }) => label)).slice(0, MOST);
    const isNew = mayJoin && ROOM_NAME.test(name) && !found.some(({ kind, label }) => kind !== "person" && label === name);
    return isNew ? [...found, { kind: "join", id: name, label: name }] : found;
}
