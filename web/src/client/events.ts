import { decodeNotice, decodePresence, decodeRead, decodeTyping } from "./decode";
import type { Emitter } from "./emitter";
import type { ChatError } from "./errors";
import type { Frame } from "./frame";
import type { Delivery } from "./outbox";
import type { Queued } from "./queued";
import type { DurableRequest } from "./requests";
import type { Deletion, Edit, Message, Poll, PollResult, Reaction, RoomEvent, Topic } from "./room_events";
import type {
    ConnectionState,
    Gap,
    Hello,
    Joined,
    Kicked,
    Left,
    Notice,
    Presence,
    Read,
    Typing,
    Welcome,
} from "./types";

export interface ClientEvents {
    state: ConnectionState;
    hello: Hello;
    welcome: Welcome;
    /** Nothing that was missed while there was no connection is to come any more. */
    caughtUp: { readonly resumed: boolean };

    /** This user is in a room: entered it in one of his sessions, or is there again after a loss. */
    joined: Joined;
    left: Left;
    kicked: Kicked;
    gap: Gap;

    // What has a number in its room comes in the order of the numbers, each once.
    message: Message;
    edit: Edit;
    delete: Deletion;
    reaction: Reaction;
    topic: Topic;
    poll: Poll;
    poll_result: PollResult;

    notice: Notice;
    typing: Typing;
    presence: Presence;
    read: Read;
    /** Of a type that this client does not know, numbered or not. */
    unknown: Frame;

    queued: Queued;
    delivered: Delivery;
    rejected: { readonly request: DurableRequest; readonly error: ChatError };
    /** The server does not let us back in as we were; someone must decide under which name to go on. */
    expelled: ChatError;
}

export function emitEvent(events: Emitter<ClientEvents>, event: RoomEvent): void {
    switch (event.type) {
        case "message":
            return events.emit("message", event);
        case "edit":
            return events.emit("edit", event);
        case "delete":
            return events.emit("delete", event);
        case "reaction":
            return events.emit("reaction", event);
        case "topic":
            return events.emit("topic", event);
        case "poll":
            return events.emit("poll", event);
        case "poll_result":
            return events.emit("poll_result", event);
        case "unknown":
            return events.emit("unknown", event.frame);
    }
}

/** Emits what the server pushed, and has no number. What is malformed is dropped. */
export function emitFrame(events: Emitter<ClientEvents>, frame: Frame): void {
    function emit<Name extends keyof ClientEvents>(name: Name, event: ClientEvents[Name] | undefined): void {
        if (event !== undefined) events.emit(name, event);
    }
    switch (frame.type) {
        case "notice":
            return emit("notice", decodeNotice(frame));
        case "typing":
            return emit("typing", decodeTyping(frame));
        case "presence":
            return emit("presence", decodePresence(frame));
        case "read":
            return emit("read", decodeRead(frame));
        default:
            return events.emit("unknown", frame);
    }
}
