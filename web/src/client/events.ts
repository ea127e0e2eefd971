import { decodeMessage, decodeNotice, decodePresence, decodeTyping } from "./decode";
import type { Emitter } from "./emitter";
import type { ChatError } from "./errors";
import type { Frame } from "./frame";
import type { ConnectionState, Delivery, Hello, Joined, Message, Notice, Presence, Typing, User } from "./types";

export interface ClientEvents {
    state: ConnectionState;
    hello: Hello;
    welcome: User;
    joined: Joined;
    message: Message;
    notice: Notice;
    typing: Typing;
    presence: Presence;
    delivered: Delivery;
    rejected: { readonly cid: string; readonly error: ChatError };
    /** The server does not let us back in as we were; someone must decide under which name to go on. */
    expelled: ChatError;
}

/** Emits what the server pushed; a type that we do not know comes from a module that we need not know. */
export function emitFrame(events: Emitter<ClientEvents>, frame: Frame): void {
    function emit<Name extends keyof ClientEvents>(name: Name, event: ClientEvents[Name] | undefined): void {
        if (event !== undefined) events.emit(name, event);
    }
    switch (frame.type) {
        case "message":
            return emit("message", decodeMessage(frame));
        case "notice":
            return emit("notice", decodeNotice(frame));
        case "typing":
            return emit("typing", decodeTyping(frame));
        case "presence":
            return emit("presence", decodePresence(frame));
    }
}
