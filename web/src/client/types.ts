import type { OpenPoll } from "./room_events";

export interface User {
    readonly id: string;
    readonly nick: string;
    readonly bot?: true;
}

export interface Hello {
    readonly server: string;
    readonly pingIntervalMs: number;
    readonly limits: { readonly messageBytes?: number; readonly nickBytes?: number };
    readonly features: readonly string[];
}

/** Up to where a client has seen a room. */
export interface Position {
    readonly epoch: string;
    readonly seq: number;
}

export type Positions = Readonly<Record<string, Position>>;

/** A room that one is in, as it is now. */
export interface Joined extends Position {
    readonly room: string;
    readonly count: number;
    /** Absent when the server has no user list, or the room is too large for one. */
    readonly members?: readonly User[];
    readonly topic?: string;
    /** The other one, in a room of two. */
    readonly with?: User;
    /** Up to where this user has read. */
    readonly readSeq?: number;
    /** Those that are open. */
    readonly polls?: readonly OpenPoll[];
    /** Everything that was missed since the last event of this room follows by itself. */
    readonly recovered?: true;
}

/** What the server answers to a login. */
export interface Welcome {
    readonly user: User;
    /** The session goes on that was there before. */
    readonly resumed: boolean;
    readonly token?: string;
    /** The rooms that the user is in already. */
    readonly rooms: readonly Joined[];
}

/** This user is not in the room any more: left it in one of his sessions, or was not let in again (`error`). */
export interface Left {
    readonly room: string;
    readonly error?: Error;
}

export interface Kicked {
    readonly room: string;
    readonly reason: string;
}

/** Something of a room was missed, and cannot be had: what came behind `from` and up to `to`. */
export interface Gap {
    readonly room: string;
    readonly from: Position;
    readonly to: Position;
}

/** Another session of this user has read up to here. */
export interface Read {
    readonly room: string;
    readonly seq: number;
}

export interface Notice {
    readonly room: string;
    readonly text: string;
    readonly from?: User;
}

export type TypingState = "active" | "paused" | "done";

export interface Typing {
    readonly room: string;
    readonly user: User;
    readonly state: TypingState;
}

export interface Presence {
    readonly room: string;
    readonly joined: readonly User[];
    readonly left: readonly User[];
    readonly count: number;
}

export interface RoomInfo {
    readonly room: string;
    readonly count: number;
    readonly topic?: string;
}

/** `waiting` is for the next try; with `inLine`, connected and for the turn that the server has given us. */
export type ConnectionState =
    | { readonly phase: "offline"; readonly reason?: string }
    | { readonly phase: "connecting" }
    | { readonly phase: "online" }
    | { readonly phase: "waiting"; readonly until: number; readonly inLine?: true };
