import { batch } from "@preact/signals";
import type { ChatClient } from "../client/client";
import type { ClientEvents } from "../client/events";
import type { RoomState } from "./room";

/** Of the events that name a room. */
type RoomEventName = {
    [Name in keyof ClientEvents]: ClientEvents[Name] extends { readonly room: string } ? Name : never;
}[keyof ClientEvents];

/** Tells each room what is about it. */
export function listen(client: ChatClient, stateOf: (room: string) => RoomState): void {
    const { events } = client;
    const on = <Name extends RoomEventName>(name: Name, run: (room: RoomState, event: ClientEvents[Name]) => void) =>
        events.on(name, (event) => batch(() => run(stateOf(event.room), event)));
    on("joined", (room, joined) => room.onJoined(joined));
    on("message", (room, message) => room.onMessage(message));
    for (const name of ["edit", "delete", "reaction"] as const) on(name, (room, news) => room.onChange(news));
    for (const name of ["poll", "poll_result"] as const) on(name, (room, event) => room.onPoll(event));
    on("topic", (room, { topic }) => (room.topic.value = topic));
    on("notice", (room, notice) => room.onNotice(notice));
    on("gap", (room, gap) => room.onGap(gap));
    on("presence", (room, presence) => room.onPresence(presence));
    on("typing", (room, typing) => room.onTyping(typing));
    on("read", (room, { seq }) => room.onRead(seq));
    on("delivered", (room, delivery) => room.onDelivered(delivery));
    events.on("queued", (queued) => batch(() => stateOf(queued.request.room).onQueued(queued)));
}
