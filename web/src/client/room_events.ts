import type { Frame } from "./frame";
import type { User } from "./types";

// What has a number in its room, and is told again to those who missed it. The types are called as on the wire.

interface Numbered {
    readonly room: string;
    /** Of the log that `seq` counts in: the two, and the room, name an event for good. */
    readonly epoch: string;
    readonly seq: number;
    readonly ts: number;
}

export interface ReactionCount {
    readonly key: string;
    readonly count: number;
    /** This user is among those who reacted so. */
    readonly me: boolean;
    /** Others, as far as they were seen to react; the history tells only how many. */
    readonly by?: readonly User[];
}

/** What changes of a message after it was sent, and what tells which changes it has already. */
export interface Changeable {
    readonly epoch: string;
    readonly seq: number;
    readonly text: string;
    /** The message is told as it was after the event with this number of its room. */
    readonly asOf: number;
    readonly edited?: { readonly seq: number; readonly ts: number };
    /** Nothing is left of it: the text is empty. */
    readonly deleted?: true;
    readonly reactions?: readonly ReactionCount[];
}

export interface Message extends Numbered, Changeable {
    readonly type: "message";
    readonly epoch: string;
    readonly seq: number;
    readonly from: User;
    readonly replyTo?: number;
    /** Only on what one of this user's own sessions sent. */
    readonly cid?: string;
}

interface Change extends Numbered {
    /** The `seq` of the message that it is about. */
    readonly target: number;
    /** Absent when no user did it. */
    readonly from?: User;
    readonly cid?: string;
}

export interface Edit extends Change {
    readonly type: "edit";
    /** Absent when the message was edited or deleted later. */
    readonly text?: string;
}

export interface Deletion extends Change {
    readonly type: "delete";
}

export interface Reaction extends Change {
    readonly type: "reaction";
    readonly key: string;
    readonly op: ReactionOp;
}

export type ReactionOp = "add" | "remove";

export type MessageChange = Edit | Deletion | Reaction;

export interface Topic extends Numbered {
    readonly type: "topic";
    readonly topic: string;
    readonly from?: User;
}

export interface Question {
    readonly poll: string;
    readonly question: string;
    readonly choices: readonly string[];
    readonly ends: number;
}

export interface Poll extends Numbered, Question {
    readonly type: "poll";
    readonly from?: User;
}

/** A poll that goes on, as the answer to `join` has it. */
export interface OpenPoll extends Question {
    /** A number for each choice. */
    readonly votes: readonly number[];
}

export interface PollResult extends Numbered {
    readonly type: "poll_result";
    readonly poll: string;
    readonly votes: readonly number[];
    readonly ended: boolean;
}

/** Of a module that this client does not know, or malformed. */
export interface Unknown extends Numbered {
    readonly type: "unknown";
    readonly frame: Frame;
}

export type RoomEvent = Message | MessageChange | Topic | Poll | PollResult | Unknown;
