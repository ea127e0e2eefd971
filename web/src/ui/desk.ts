import { MessageActions } from "../state/actions";
import type { ChatApp } from "../state/app";
import { Commands } from "../state/commands";
import { Notifier } from "../state/notifier";
import { useApp } from "./context";
import { showNotification } from "./notifications";
import { keptNotifySettings } from "./stored_settings";

/** What the parts that are loaded later need besides the app. */
export interface Desk {
    readonly app: ChatApp;
    readonly actions: MessageActions;
    readonly commands: Commands;
    readonly notifier: Notifier;
}

let desk: Desk | undefined;

export function beginDesk(app: ChatApp): void {
    const notifier = new Notifier(app, keptNotifySettings, ({ room, message }) => {
        const { nick } = message.from;
        const title = room.other.value ? nick : `${nick} in ${room.name}`;
        showNotification(message, title, () => app.open(room.name));
    });
    desk = { app, notifier, actions: new MessageActions(app), commands: new Commands(app.client) };
}

/** For the app of this component. */
export function useDesk(): Desk {
    const app = useApp();
    if (desk?.app !== app) throw new Error("useDesk before beginDesk");
    return desk;
}
