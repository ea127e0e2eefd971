import type { Joined, Presence, User } from "../client/types";

export interface People {
    readonly count: number;
    /** Absent when the server gives only the number. */
    readonly members?: ReadonlyMap<string, User>;
    /** Who has left while this page looked on, the last ones last. */
    readonly gone?: ReadonlyMap<string, User>;
}

const MOST_GONE = 50;

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
    const gone = new Map(people.gone);
    for (const user of left) {
        if (members.delete(user.id) && !user.bot) gone.set(user.id, user);
    }
    for (const user of joined) {
        members.set(user.id, user);
        gone.delete(user.id);
    }
    for (const id of gone.keys()) if (gone.size > MOST_GONE) gone.delete(id);
    return { count, members, gone };
}

export interface PeopleGroup {
    readonly title: string;
    readonly isHere: boolean;
    readonly people: readonly User[];
}

/** By status; only those whose name has `search` in it. */
export function groupPeople({ members, gone }: People, myId: string | undefined, search: string): PeopleGroup[] {
    const wanted = search.trim().toLocaleLowerCase();
    const matching = (users: Iterable<User>) =>
        sortPeople(users, myId).filter(({ nick }) => nick.toLocaleLowerCase().includes(wanted));
    const here = matching(members?.values() ?? []);
    return [
        { title: "Online", isHere: true, people: here.filter(({ bot }) => !bot) },
        { title: "Bots", isHere: true, people: here.filter(({ bot }) => bot) },
        { title: "Left", isHere: false, people: matching(gone?.values() ?? []) },
    ].filter(({ people }) => people.length > 0);
}

/** You first, then people by name, then bots. */
export function sortPeople(members: Iterable<User>, myId: string | undefined): User[] {
    const rank = (user: User) => (user.id === myId ? 0 : user.bot ? 2 : 1);
    return [...members].sort((a, b) => rank(a) - rank(b) || a.nick.localeCompare(b.nick));
}
