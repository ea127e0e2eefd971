import type { Message } from "../client/room_events";

export type Allowed = NotificationPermission | "unsupported";

export function notificationsAllowed(): Allowed {
    return "Notification" in globalThis ? Notification.permission : "unsupported";
}

/** To be called by a gesture only: browsers, and people, mind being asked out of the blue. */
export async function askForNotifications(): Promise<Allowed> {
    return "Notification" in globalThis ? Notification.requestPermission() : "unsupported";
}

/** One per room: the next takes the place of the last. */
export function showNotification(message: Message, title: string, onClick: () => void): void {
    if (notificationsAllowed() !== "granted") return;
    try {
        const shown = new Notification(title, { body: message.text.slice(0, 300), tag: message.room });
        shown.onclick = () => {
            focus();
            shown.close();
            onClick();
        };
    } catch {
        // Where only a service worker may show them.
        return;
    }
}
