import type { Clock } from "./clock";
import type { OutboxStore } from "./queued";
import type { SessionStore } from "./session";
import type { OpenSocket, SocketConstructor } from "./socket";

export interface ClientOptions {
    /** For where there is no global WebSocket: Node before 22. */
    readonly WebSocket?: SocketConstructor;
    readonly openSocket?: OpenSocket;
    readonly sessions?: SessionStore;
    readonly outbox?: OutboxStore;
    readonly clock?: Clock;
    readonly newCid?: () => string;
    /** When more events of a room were missed, they are a gap. */
    readonly mostMissed?: number;
    /** A request that could be repeated only later than that has failed. */
    readonly longestHoldMs?: number;
}
