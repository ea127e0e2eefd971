import { decodeUser } from "./decode_user";
import type { Fields, Frame } from "./frame";
import { all, isObject, number, numbers, objects, string, strings } from "./frame";
import type {
    Edit,
    Message,
    MessageChange,
    OpenPoll,
    Poll,
    PollResult,
    Question,
    ReactionCount,
    RoomEvent,
    Topic,
} from "./room_events";

// What has a number in its room: whatever else it lacks, it is an event, if an unknown one.

type Numbers = Pick<RoomEvent, "room" | "epoch" | "seq" | "ts">;

/**
 * `epoch` is the room's, which frames do not name. `asOf` is the number as of which an answer tells its messages; what
 * comes alive is as it was sent.
 */
export function decodeEvent(frame: Frame, epoch: string, asOf?: number): RoomEvent | undefined {
    const room = string(frame, "room");
    const seq = number(frame, "seq");
    if (room === undefined || seq === undefined) return undefined;
    const base = { room, epoch, seq, ts: number(frame, "ts") ?? 0 };
    return decodeKnown(frame, base, asOf) ?? { type: "unknown", ...base, frame };
}

function decodeKnown(frame: Frame, base: Numbers, asOf = base.seq): RoomEvent | undefined {
    switch (frame.type) {
        case "message":
            return decodeMessage(frame, base, asOf);
        case "edit":
        case "delete":
        case "reaction":
            return decodeChange(frame, frame.type, base);
        case "topic":
            return decodeTopic(frame, base);
        case "poll":
            return decodePoll(frame, base);
        case "poll_result":
            return decodePollResult(frame, base);
        default:
            return undefined;
    }
}

function decodeMessage(frame: Frame, base: Numbers, asOf: number): Message | undefined {
    const from = decodeUser(frame["from"]);
    const isDeleted = frame["deleted"] === true;
    const text = isDeleted ? "" : string(frame, "text");
    const replyTo = number(frame, "reply_to");
    const cid = string(frame, "cid");
    const edited = isDeleted ? undefined : decodeEdited(frame["edited"]);
    if (!from || text === undefined) return undefined;
    return {
        type: "message",
        ...base,
        from,
        text,
        asOf,
        ...(replyTo !== undefined && { replyTo }),
        ...(cid !== undefined && { cid }),
        ...(edited && { edited }),
        ...(isDeleted && { deleted: true as const }),
        ...(Array.isArray(frame["reactions"]) && { reactions: all(objects(frame, "reactions"), decodeReactionCount) }),
    };
}

function decodeEdited(value: unknown): { seq: number; ts: number } | undefined {
    if (!isObject(value)) return undefined;
    const seq = number(value, "seq");
    const ts = number(value, "ts");
    return seq === undefined || ts === undefined ? undefined : { seq, ts };
}

function decodeReactionCount(fields: Fields): ReactionCount | undefined {
    const key = string(fields, "key");
    const count = number(fields, "count");
    return key === undefined || count === undefined ? undefined : { key, count, me: fields["me"] === true };
}

function decodeChange(frame: Frame, type: MessageChange["type"], base: Numbers): MessageChange | undefined {
    const target = number(frame, "target");
    const from = decodeUser(frame["from"]);
    const cid = string(frame, "cid");
    const text = string(frame, "text");
    const key = string(frame, "key");
    const op = frame["op"];
    if (target === undefined) return undefined;
    const change = { ...base, target, ...(from && { from }), ...(cid !== undefined && { cid }) };
    if (type === "delete") return { type, ...change };
    if (type === "edit") return { type, ...change, ...(text !== undefined && { text }) } satisfies Edit;
    return key === undefined || (op !== "add" && op !== "remove") ? undefined : { type, ...change, key, op };
}

function decodeTopic(frame: Frame, base: Numbers): Topic | undefined {
    const topic = string(frame, "topic");
    const from = decodeUser(frame["from"]);
    return topic === undefined ? undefined : { type: "topic", ...base, topic, ...(from && { from }) };
}

function decodeQuestion(fields: Fields): Question | undefined {
    const poll = string(fields, "poll");
    const question = string(fields, "question");
    const ends = number(fields, "ends");
    if (poll === undefined || question === undefined || ends === undefined) return undefined;
    return { poll, question, choices: strings(fields, "choices"), ends };
}

function decodePoll(frame: Frame, base: Numbers): Poll | undefined {
    const question = decodeQuestion(frame);
    const from = decodeUser(frame["from"]);
    return question && { type: "poll", ...base, ...question, ...(from && { from }) };
}

export function decodeOpenPoll(fields: Fields): OpenPoll | undefined {
    const question = decodeQuestion(fields);
    return question && { ...question, votes: numbers(fields, "votes") };
}

function decodePollResult(frame: Frame, base: Numbers): PollResult | undefined {
    const poll = string(frame, "poll");
    if (poll === undefined) return undefined;
    return { type: "poll_result", ...base, poll, votes: numbers(frame, "votes"), ended: frame["ended"] === true };
}
