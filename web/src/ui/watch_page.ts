import type { ChatApp } from "../state/app";

/** Tells the app whether somebody looks at the page, and when it, the network, or the machine was asleep. */
export function watchPage(app: ChatApp): void {
    const look = (hasFocus: boolean) => {
        app.attention.isHere.value = hasFocus && document.visibilityState === "visible";
    };
    addEventListener("focus", () => look(true));
    addEventListener("blur", () => look(false));
    look(document.hasFocus());

    document.addEventListener("visibilitychange", () => {
        look(document.hasFocus());
        if (document.visibilityState === "visible") app.wake();
    });
    addEventListener("online", () => app.wake());
    addEventListener("pageshow", (event) => {
        if (event.persisted) app.wake();
    });
}
