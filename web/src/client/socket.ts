import { ChatError } from "./errors";

/** Method syntax: an event of the platform, which has more, will do. */
type Handler<Event> = { handle(event: Event): void }["handle"] | null;

/** The part of a WebSocket that a link needs: what browsers, Node 22 and the package `ws` have in common. */
export interface Socket {
    onmessage: Handler<{ readonly data: unknown }>;
    onclose: Handler<{ readonly code: number; readonly reason: string }>;
    onerror: Handler<unknown>;
    send(data: string): void;
    close(code?: number, reason?: string): void;
}

export type OpenSocket = (url: string, subprotocol: string) => Socket;

export type SocketConstructor = new (url: string, subprotocol: string) => Socket;

/** Opens sockets of `given`, or of the platform's own class. */
export function socketsOf(given?: SocketConstructor): OpenSocket {
    return (url, subprotocol) => {
        const WebSocket = given ?? (globalThis as { WebSocket?: SocketConstructor }).WebSocket;
        if (!WebSocket) throw new ChatError("unsupported", "There is no WebSocket here: give one to ChatClient.");
        return new WebSocket(url, subprotocol);
    };
}
