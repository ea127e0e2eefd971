import { signal } from "@preact/signals";
import type { Message } from "../client/room_events";
import { mentions } from "../markup/mentions";
import type { ChatApp } from "./app";
import type { NotifyLevel, NotifySettings } from "./notify";
import { isToldAbout, levelOf } from "./notify";
import type { RoomState } from "./room";

export interface NotifyStore {
    read(): NotifySettings;
    write(settings: NotifySettings): void;
}

/** What the person wants to be told about, room by room. */
export class Notifier {
    readonly #settings = signal<NotifySettings>({});

    constructor(
        private readonly app: ChatApp,
        private readonly store: NotifyStore,
        private readonly tell: (news: { readonly room: RoomState; readonly message: Message }) => void,
    ) {
        this.#settings.value = store.read();
        app.client.events.on("message", (message) => this.#onMessage(app.stateOf(message.room), message));
    }

    levelOf(room: RoomState): NotifyLevel {
        return levelOf(this.#settings.value, room.name, room.other.value !== undefined);
    }

    /** Another page may have set others meanwhile. */
    set(room: RoomState, level: NotifyLevel): void {
        this.#settings.value = { ...this.store.read(), [room.name]: level };
        this.store.write(this.#settings.value);
    }

    #onMessage(room: RoomState, message: Message): void {
        const me = this.app.me.peek();
        const incoming = {
            isOwn: message.from.id === me?.id,
            isMention: mentions(message.text, me?.nick ?? ""),
            isSeen: this.app.attention.sees(room),
        };
        const isNews = !message.deleted && isToldAbout(this.levelOf(room), incoming);
        if (isNews) this.tell({ room, message });
    }
}
