/** What lets a client be the same user again when its connection, or its page, has gone. */
export interface Session {
    readonly nick: string;
    readonly token: string;
}

/** Where the session is kept. One that outlives the page lets a reload come back, too. */
export interface SessionStore {
    read(): Session | undefined;
    write(session: Session | undefined): void;
}

export function sessionInMemory(): SessionStore {
    let kept: Session | undefined;
    return { read: () => kept, write: (session) => (kept = session) };
}
