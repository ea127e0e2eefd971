import { useEffect } from "preact/hooks";
import type { ChatApp } from "../state/app";
import type { Overlay } from "./overlay";
import { openOverlay, overlay } from "./overlay";

/** Keys that work wherever the focus is. */
export function useShortcuts(app: ChatApp): void {
    useEffect(() => {
        function onKeyDown(event: KeyboardEvent): void {
            const kind = wantedBy(event, app);
            const isBusy = app.dialog.value.open || overlay.value !== undefined;
            if (kind === undefined || isBusy || event.defaultPrevented) return;
            event.preventDefault();
            openOverlay({ kind });
        }
        addEventListener("keydown", onKeyDown);
        return () => removeEventListener("keydown", onKeyDown);
    }, []);
}

type Kind = Extract<Overlay["kind"], "search" | "switcher" | "shortcuts">;

function wantedBy(event: KeyboardEvent, app: ChatApp): Kind | undefined {
    const key = event.key.toLowerCase();
    const isCommand = (event.ctrlKey || event.metaKey) && !event.altKey;
    if (isCommand && key === "k") return "switcher";
    if (isCommand && event.shiftKey && key === "f" && app.hasFeature("search")) return "search";
    if (isCommand && key === "/") return "shortcuts";
    if (key === "?" && !isCommand && !isWriting(event.target)) return "shortcuts";
    return undefined;
}

function isWriting(target: EventTarget | null): boolean {
    return target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");
}
