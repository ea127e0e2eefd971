import type { Joined, Presence, User } from "../client/types";

export interface People {
    readonly count: number;
    /** Absent when the server gives only the number. */
    readonly members?: ReadonlyMap<string, User>;
}

export const NOBODY: People = { count: 0 };

export function peopleOf({ count, members }: Joined): People {
    return { count, ...(members && { members: new Map(members.map((user) => [user.id, user])) }) };
}

export function applyPresence(people: People, { joined, left, count }: Presence): People {
    if (!people.members) return { count };
    const isCountOnly = joined.length === 0 && left.length === 0 && count !== people.members.size;
    // The room grew too large for the server to name people, and a list that lacks them would mislead.
    if (isCountOnly) return { count };
    const members = new Map(people.members);
    for (const user of left) members.delete(user.id);
    for (const user of joined) members.set(user.id, user);
    return { count, members };
}

/** You first, then people by name, then bots. */
export function sortPeople(members: Iterable<User>, myId: string | undefined): User[] {
    const rank = (user: User) => (user.id === myId ? 0 : user.bot ? 2 : 1);
    return [...members].sort((a, b) => rank(a) - rank(b) || a.nick.localeCompare(b.nick));
}
