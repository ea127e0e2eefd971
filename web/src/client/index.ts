// What a program gets that imports this client as a library.

export type { HistoryRange, SearchPage, SearchRange } from "./calls";
export type { HistoryPage } from "./catch_up";
export { applyChange, laterOf } from "./changes";
export { ChatClient } from "./client";
export type { Clock } from "./clock";
export { Emitter } from "./emitter";
export type { Unsubscribe } from "./emitter";
export { ChatError } from "./errors";
export type { ClientEvents } from "./events";
export type { Frame } from "./frame";
export type { Body } from "./link";
export { literal } from "./literal";
export type { ClientOptions } from "./options";
export type { Delivery } from "./outbox";
export { decodeKeptQueue } from "./queued";
export type { Failure, KeptQueue, OutboxStore, Queued } from "./queued";
export type * from "./requests";
export type * from "./room_events";
export type { Session, SessionStore } from "./session";
export type { OpenSocket, Socket, SocketConstructor } from "./socket";
export type * from "./types";
