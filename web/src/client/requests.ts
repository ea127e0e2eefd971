import type { Fields } from "./frame";
import { isObject, number, string } from "./frame";
import type { Body } from "./link";
import type { ReactionOp } from "./room_events";

interface Named {
    readonly room: string;
    /** Names this request for good: the same cid again is the same request, however often it is sent. */
    readonly cid: string;
}

export interface Outgoing extends Named {
    readonly type: "message";
    readonly text: string;
    readonly replyTo?: number;
}

export interface OutgoingEdit extends Named {
    readonly type: "edit";
    readonly target: number;
    readonly text: string;
}

export interface OutgoingDelete extends Named {
    readonly type: "delete";
    readonly target: number;
}

export interface OutgoingReaction extends Named {
    readonly type: "reaction";
    readonly target: number;
    readonly key: string;
    readonly op: ReactionOp;
}

/** What must get into a room, and is sent again until it did or was refused. */
export type DurableRequest = Outgoing | OutgoingEdit | OutgoingDelete | OutgoingReaction;

export function bodyOf(request: DurableRequest): Body {
    if (request.type !== "message") return { ...request };
    const { type, room, cid, text, replyTo } = request;
    return { type, room, cid, text, ...(replyTo !== undefined && { reply_to: replyTo }) };
}

/** What was stored may be of another version, or anybody's. */
export function decodeRequest(value: unknown): DurableRequest | undefined {
    if (!isObject(value)) return undefined;
    const room = string(value, "room");
    const cid = string(value, "cid");
    return room === undefined || cid === undefined ? undefined : decodeTyped(value, { room, cid });
}

function decodeTyped(value: Fields, named: Named): DurableRequest | undefined {
    const text = string(value, "text");
    const target = number(value, "target");
    const replyTo = number(value, "replyTo");
    const key = string(value, "key");
    const op = value["op"];
    switch (value["type"]) {
        case "message":
            if (text === undefined) return undefined;
            return { type: "message", ...named, text, ...(replyTo !== undefined && { replyTo }) };
        case "edit":
            return text === undefined || target === undefined ? undefined : { type: "edit", ...named, target, text };
        case "delete":
            return target === undefined ? undefined : { type: "delete", ...named, target };
        case "reaction":
            if (target === undefined || key === undefined || (op !== "add" && op !== "remove")) return undefined;
            return { type: "reaction", ...named, target, key, op };
        default:
            return undefined;
    }
}
