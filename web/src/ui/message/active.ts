import { signal } from "@preact/signals";

/** The key of the message whose tools are shown: the one under the mouse, or with the focus. */
export const activeMessage = signal<string | undefined>(undefined);

export function messageOf(target: EventTarget | null): HTMLElement | null {
    return target instanceof Element ? target.closest<HTMLElement>("[data-message-key]") : null;
}

/** Between two messages the last one stays. */
export function activateAt(target: EventTarget | null): void {
    const message = messageOf(target);
    if (message) activeMessage.value = message.dataset["messageKey"];
}

export function deactivateOutside(focused: EventTarget | null): void {
    activeMessage.value = messageOf(focused)?.dataset["messageKey"];
}
