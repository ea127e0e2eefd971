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

export interface Joined {
    readonly room: string;
    readonly epoch: string;
    readonly seq: number;
    readonly count: number;
    /** Absent when the server has no user list, or the room is too large for one. */
    readonly members?: readonly User[];
    /** Everything that was missed since the last event of this room follows. */
    readonly recovered?: true;
}

/** What the server answers to a login. */
export interface Welcome {
    readonly user: User;
    readonly token?: string;
    /** The rooms that the user is in already. */
    readonly rooms: readonly Joined[];
}

/** Up to where a client has seen a room. */
export interface Position {
    readonly epoch: string;
    readonly seq: number;
}

export interface Message {
    readonly room: string;
    readonly seq: number;
    readonly ts: number;
    readonly from: User;
    readonly text: string;
    /** Only on messages that one of this user's own sessions sent. */
    readonly cid?: string;
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

export interface Outgoing {
    readonly room: string;
    readonly text: string;
    /** Names this message for good: the same cid again is the same message, however often it is sent. */
    readonly cid: string;
}

/** `seq` and `ts` are absent when the server took the text as a command, which leaves nothing in the room. */
export interface Delivery {
    readonly cid: string;
    readonly seq?: number;
    readonly ts?: number;
}

export type ConnectionState =
    | { readonly phase: "offline"; readonly reason?: string }
    | { readonly phase: "connecting" }
    | { readonly phase: "online" }
    | { readonly phase: "waiting"; readonly until: number };
