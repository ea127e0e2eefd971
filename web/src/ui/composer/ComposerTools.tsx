import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { hasShortcode, replaceShortcodes } from "../../emoji/emoji";
import { loadedEmoji, loadEmoji } from "../../emoji/load";
import { useDesk } from "../desk";
import { openOverlay } from "../overlay";
import { SmileIcon } from "../tool_icons";
import { CompletionList, COMPLETIONS_ID, optionId } from "./CompletionList";
import { ModeBar } from "./ModeBar";
import { useCompletion } from "./useCompletion";

interface Props {
    field: RefObject<HTMLTextAreaElement | null>;
}

/** What is offered to whoever writes. It listens to the field before the composer does. */
export function ComposerTools({ field }: Props) {
    const { app, actions, commands } = useDesk();
    const completion = useCompletion(app, commands, field);
    const { suggestions, active } = completion;
    const mode = app.writing.mode.value;

    const handlers = useRef({ onKeyDown, onInput: onInput, refresh: completion.refresh, close: completion.close, beforeSend });
    handlers.current = { onKeyDown, onInput, refresh: completion.refresh, close: completion.close, beforeSend };

    useEffect(() => {
        const form = field.current!.form!;
        const listeners: readonly (readonly [string, (event: Event) => void])[] = [
            ["keydown", (event) => handlers.current.onKeyDown(event as KeyboardEvent)],
            ["input", () => handlers.current.onInput()],
            ["keyup", () => handlers.current.refresh()],
            ["click", () => handlers.current.refresh()],
            ["focusout", () => handlers.current.close()],
            ["submit", () => handlers.current.beforeSend()],
        ];
        for (const [name, listener] of listeners) form.addEventListener(name, listener, true);
        return () => {
            for (const [name, listener] of listeners) form.removeEventListener(name, listener, true);
        };
    }, []);

    useEffect(() => {
        const { current } = field;
        const isOpen = suggestions.length > 0;
        current!.setAttribute("aria-autocomplete", "list");
        setAttribute(current!, "aria-controls", isOpen ? COMPLETIONS_ID : undefined);
        setAttribute(current!, "aria-activedescendant", isOpen ? optionId(active) : undefined);
    }, [suggestions, active]);

    // Who begins to answer or to edit goes on in the text, at its end.
    useEffect(() => {
        const { current } = field;
        if (mode.kind !== "new") current!.setSelectionRange(current!.value.length, current!.value.length);
    }, [mode]);

    function onKeyDown(event: KeyboardEvent): void {
        if (event.isComposing || event.target !== field.current) return;
        if (completion.onKeyDown(event) || isLeaving(event) || isAskingForLast(event)) {
            event.preventDefault();
            event.stopPropagation();
        } else if (event.key === "Enter" && !event.shiftKey) beforeSend();
    }

    function onInput(): void {
        completion.refresh();
        if (hasShortcode(field.current!.value)) loadEmoji();
    }

    function beforeSend(): void {
        const { draft } = app.room.value;
        const emoji = loadedEmoji.peek();
        completion.close();
        if (emoji) app.write(replaceShortcodes(draft.value, emoji.shortcodes));
    }

    function isLeaving({ key }: KeyboardEvent): boolean {
        const isIt = key === "Escape" && mode.kind !== "new";
        if (isIt) actions.cancel();
        return isIt;
    }

    function isAskingForLast({ key }: KeyboardEvent): boolean {
        return key === "ArrowUp" && mode.kind === "new" && field.current!.value === "" && actions.editLast();
    }

    function insert(piece: string): void {
        const { current } = field;
        current!.setRangeText(piece, current!.selectionStart, current!.selectionEnd, "end");
        app.write(current!.value);
    }

    return (
        <>
            <ModeBar />
            <CompletionList suggestions={suggestions} active={active} onPick={completion.take} />
            <button
                type="button"
                class="grid size-10 shrink-0 place-items-center rounded-xl text-fog-300 hover:bg-ink-700 hover:text-fog-50 pointer-coarse:size-11"
                aria-label="Emoji"
                title="Emoji"
                onClick={() => openOverlay({ kind: "emoji", label: "Emoji", onPick: insert })}
                data-testid="open-emoji"
            >
                <SmileIcon />
            </button>
        </>
    );
}

function setAttribute(element: HTMLElement, name: string, value: string | undefined): void {
    if (value === undefined) element.removeAttribute(name);
    else element.setAttribute(name, value);
}
