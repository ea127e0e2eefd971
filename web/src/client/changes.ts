import type { Changeable, MessageChange, Reaction, ReactionCount, ReactionOp } from "./room_events";
import type { User } from "./types";

/**
 * The message after `change`; the same object when that says nothing new about it: it is about another message, or
 * the message is told as of later already, as messages from the history are.
 */
export function applyChange<M extends Changeable>(message: M, change: MessageChange, myId?: string): M {
    const isAbout = change.epoch === message.epoch && change.target === message.seq;
    if (!isAbout || change.seq <= message.asOf) return message;
    if (message.deleted) return { ...message, asOf: change.seq };
    switch (change.type) {
        case "edit":
            return {
                ...message,
                text: change.text ?? message.text,
                edited: { seq: change.seq, ts: change.ts },
                asOf: change.seq,
            };
        case "delete":
            return withoutContent(message, change.seq);
        case "reaction":
            return { ...message, reactions: count(message.reactions ?? [], change, myId), asOf: change.seq };
    }
}

/** Of two tellings of one message the later one. */
export function laterOf<M extends Changeable>(known: M, told: M): M {
    return told.asOf > known.asOf ? told : known;
}

function withoutContent<M extends Changeable>(message: M, asOf: number): M {
    const rest: M = { ...message, text: "", deleted: true, asOf };
    delete (rest as { edited?: unknown }).edited;
    delete (rest as { reactions?: unknown }).reactions;
    return rest;
}

function count(counts: readonly ReactionCount[], { key, op, from }: Reaction, myId?: string): ReactionCount[] {
    const known = counts.find((other) => other.key === key);
    const isMine = from !== undefined && from.id === myId;
    const change = op === "add" ? 1 : -1;
    // A server that does not know who reacted so tells of what was there already.
    const isNews = !(isMine && (known?.me ?? false) === (op === "add"));
    if (!isNews) return [...counts];
    const by = isMine || !from ? known?.by : othersAfter(known?.by ?? [], from, op);
    const now = {
        key,
        count: Math.max(0, (known?.count ?? 0) + change),
        me: isMine ? op === "add" : (known?.me ?? false),
        ...(by && by.length > 0 && { by }),
    };
    const others = counts.map((other) => (other === known ? now : other));
    return (known ? others : [...counts, now]).filter((other) => other.count > 0);
}

function othersAfter(known: readonly User[], user: User, op: ReactionOp): User[] {
    const others = known.filter(({ id }) => id !== user.id);
    return op === "add" ? [...others, user] : others;
}
