import type { ChatApp } from "../../state/app";
import type { SentEntry } from "../../state/timeline";
import { focusComposer } from "../focus";
import type { Desk } from "../desk";
import { openOverlay } from "../overlay";
import { pickReaction } from "./Toolbar";
import { messageOf } from "./active";

const MESSAGE = "[data-message-key]";

/** Keys in the list of messages: the arrows go from one to the next, letters do something with the one that has the focus. */
export function messageKeys(desk: Desk, list: HTMLElement) {
    return (event: KeyboardEvent): void => {
        const focused = document.activeElement;
        if (!(focused instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.altKey) return;
        if (event.key === "Escape") return void focusComposer();
        const message = messageOf(focused);
        if (focused !== list && focused !== message) return;
        const isHandled = message && doWith(desk, message, event.key);
        if (isHandled || move(list, message, event.key)) event.preventDefault();
    };
}

function move(list: HTMLElement, from: HTMLElement | null, key: string): boolean {
    const step = { ArrowUp: -1, ArrowDown: 1 }[key];
    if (step === undefined) return false;
    const messages = [...list.querySelectorAll<HTMLElement>(MESSAGE)];
    const target = from ? messages[messages.indexOf(from) + step] : step < 0 ? lastInView(list, messages) : undefined;
    target?.focus({ preventScroll: true });
    target?.scrollIntoView({ block: "nearest" });
    return from !== null || target !== undefined;
}

function lastInView(list: HTMLElement, messages: readonly HTMLElement[]): HTMLElement | undefined {
    const { bottom } = list.getBoundingClientRect();
    return messages.filter((message) => message.getBoundingClientRect().top < bottom).at(-1);
}

function doWith({ app, actions }: Desk, message: HTMLElement, key: string): boolean {
    const entry = entryOf(app, message);
    if (!entry || entry.deleted) return false;
    switch (key) {
        case "Enter":
        case "ContextMenu":
            message.querySelector<HTMLElement>('[role="toolbar"] button')?.focus();
            return true;
        case "r":
            actions.reply(entry);
            focusComposer();
            return true;
        case "+":
            if (actions.canReact) pickReaction(actions, entry);
            return true;
        case "e":
            if (!actions.canChange(entry)) return false;
            actions.edit(entry);
            focusComposer();
            return true;
        case "Delete":
            if (actions.canChange(entry)) openOverlay({ kind: "delete", entry });
            return true;
        default:
            return false;
    }
}

function entryOf(app: ChatApp, { dataset }: HTMLElement): SentEntry | undefined {
    const entry = app.room.value.timeline.value.find(({ key }) => key === dataset["messageKey"]);
    return entry?.kind === "message" && entry.status === "sent" ? entry : undefined;
}
