import { decodeOpenPoll } from "./decode_events";
import { decodeUser } from "./decode_user";
import type { Fields, Frame } from "./frame";
import { all, isObject, number, objects, string, strings } from "./frame";
import type {
    Hello,
    Joined,
    Kicked,
    Left,
    Notice,
    Presence,
    Read,
    RoomInfo,
    Typing,
    TypingState,
    Welcome,
} from "./types";

// Frames may come from modules that nobody here has seen: what lacks a needed field is undefined, and dropped.

const DEFAULT_PING_MS = 25_000;
const TYPING_STATES: readonly string[] = ["active", "paused", "done"] satisfies TypingState[];

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

export function decodeJoined(fields: Fields): Joined | undefined {
    const room = string(fields, "room");
    if (room === undefined) return undefined;
    const topic = string(fields, "topic");
    const other = decodeUser(fields["with"]);
    const readSeq = number(fields, "read_seq");
    return {
        room,
        epoch: string(fields, "epoch") ?? "",
        seq: number(fields, "seq") ?? 0,
        count: number(fields, "count") ?? 0,
        ...(Array.isArray(fields["members"]) && { members: all(objects(fields, "members"), decodeUser) }),
        ...(topic !== undefined && { topic }),
        ...(other && { with: other }),
        ...(readSeq !== undefined && { readSeq }),
        ...(Array.isArray(fields["polls"]) && { polls: all(objects(fields, "polls"), decodeOpenPoll) }),
        ...(fields["recovered"] === true && { recovered: true as const }),
    };
}

export function decodeWelcome(frame: Frame): Welcome | undefined {
    const user = decodeUser(frame["user"]);
    const token = string(frame, "resume_token");
    const rooms = all(objects(frame, "rooms"), decodeJoined);
    return (
        user && {
            user,
            resumed: frame["resumed"] === true,
            ...(token !== undefined && { token }),
            rooms,
        }
    );
}

export function decodeLeft(frame: Frame): Left | undefined {
    const room = string(frame, "room");
    return room === undefined ? undefined : { room };
}

export function decodeKicked(frame: Frame): Kicked | undefined {
    const room = string(frame, "room");
    return room === undefined ? undefined : { room, reason: string(frame, "reason") ?? "" };
}

export function decodeRead(frame: Frame): Read | undefined {
    const room = string(frame, "room");
    const seq = number(frame, "seq");
    return room === undefined || seq === undefined ? undefined : { room, seq };
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
    return { room, count, joined: all(objects(frame, "joined"), decodeUser), left: all(objects(frame, "left"), decodeUser) };
}

export function decodeRoomInfo(fields: Fields): RoomInfo | undefined {
    const room = string(fields, "room");
    const topic = string(fields, "topic");
    if (room === undefined) return undefined;
    return { room, count: number(fields, "count") ?? 0, ...(topic !== undefined && { topic }) };
}
