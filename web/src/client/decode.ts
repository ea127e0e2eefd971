import type { Fields, Frame } from "./frame";
import { isObject, number, string, strings } from "./frame";
import type { Hello, Joined, Message, Notice, Presence, Typing, TypingState, User, Welcome } from "./types";

// Frames may come from modules that nobody here has seen: what lacks a needed field is undefined, and dropped.

const DEFAULT_PING_MS = 25_000;
const TYPING_STATES: readonly string[] = ["active", "paused", "done"] satisfies TypingState[];

export function decodeUser(value: unknown): User | undefined {
    if (!isObject(value)) return undefined;
    const id = string(value, "id");
    const nick = string(value, "nick");
    if (id === undefined || nick === undefined) return undefined;
    return { id, nick, ...(value["bot"] === true && { bot: true as const }) };
}

function decodeUsers(value: unknown): User[] {
    if (!Array.isArray(value)) return [];
    return value.map(decodeUser).filter((user) => user !== undefined);
}

export function decodeHello(frame: Frame): Hello {
    const limits = isObject(frame["limits"]) ? frame["limits"] : {};
    const messageBytes = number(limits, "message_bytes");
    const nickBytes = number(limits, "nick_bytes");
    return {
        server: string(frame, "server") ?? "",
        pingIntervalMs: number(frame, "ping_interval") ?? DEFAULT_PING_MS,
        limits: {
            ...(messageBytes !== undefined && { messageBytes }),
            ...(nickBytes !== undefined && { nickBytes }),
        },
        features: strings(frame, "features"),
    };
}

export function decodeJoined(frame: Fields, room: string): Joined {
    return {
        room: string(frame, "room") ?? room,
        epoch: string(frame, "epoch") ?? "",
        seq: number(frame, "seq") ?? 0,
        count: number(frame, "count") ?? 0,
        ...(Array.isArray(frame["members"]) && { members: decodeUsers(frame["members"]) }),
        ...(frame["recovered"] === true && { recovered: true as const }),
    };
}

export function decodeWelcome(frame: Frame): Welcome | undefined {
    const user = decodeUser(frame["user"]);
    const token = string(frame, "resume_token");
    const rooms = Array.isArray(frame["rooms"]) ? frame["rooms"].filter(isObject) : [];
    return user && { user, ...(token !== undefined && { token }), rooms: rooms.map((room) => decodeJoined(room, "")) };
}

export function decodeMessage(frame: Frame): Message | undefined {
    const room = string(frame, "room");
    const seq = number(frame, "seq");
    const ts = number(frame, "ts");
    const from = decodeUser(frame["from"]);
    const text = string(frame, "text");
    const cid = string(frame, "cid");
    if (room === undefined || seq === undefined || ts === undefined || !from || text === undefined) return undefined;
    return { room, seq, ts, from, text, ...(cid !== undefined && { cid }) };
}

export function decodeNotice(frame: Frame): Notice | undefined {
    const room = string(frame, "room");
    const text = string(frame, "text");
    const from = decodeUser(frame["from"]);
    if (room === undefined || text === undefined) return undefined;
    return { room, text, ...(from && { from }) };
}

export function decodeTyping(frame: Frame): Typing | undefined {
    const room = string(frame, "room");
    const user = decodeUser(frame["user"]);
    const state = string(frame, "state");
    if (room === undefined || !user || state === undefined || !TYPING_STATES.includes(state)) return undefined;
    return { room, user, state: state as TypingState };
}

export function decodePresence(frame: Frame): Presence | undefined {
    const room = string(frame, "room");
    const count = number(frame, "count");
    if (room === undefined || count === undefined) return undefined;
    return { room, count, joined: decodeUsers(frame["joined"]), left: decodeUsers(frame["left"]) };
}
