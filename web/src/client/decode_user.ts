import { isObject, string } from "./frame";
import type { User } from "./types";

export function decodeUser(value: unknown): User | undefined {
    if (!isObject(value)) return undefined;
    const id = string(value, "id");
    const nick = string(value, "nick");
    if (id === undefined || nick === undefined) return undefined;
    return { id, nick, ...(value["bot"] === true && { bot: true as const }) };
}
