import type { RefObject } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { searchEmoji } from "../../emoji/emoji";
import { loadedEmoji, loadEmoji } from "../../emoji/load";
import type { ChatApp } from "../../state/app";
import type { Commands } from "../../state/commands";
import type { Nameable, Suggestion, Trigger } from "../../state/completion";
import { complete, MOST_SUGGESTIONS, suggestCommands, suggestPeople, triggerAt } from "../../state/completion";

export interface Completion {
    readonly suggestions: readonly Suggestion[];
    readonly active: number;
    /** After each input, and when the caret moved. */
    refresh(): void;
    close(): void;
    take(index: number): void;
    /** Answers whether the key was meant for the list. */
    onKeyDown(event: KeyboardEvent): boolean;
}

const NOTHING: readonly Suggestion[] = [];

export function useCompletion(
    app: ChatApp,
    known: Commands,
    field: RefObject<HTMLTextAreaElement | null>,
): Completion {
    const [trigger, setTrigger] = useState<Trigger | undefined>(undefined);
    const [chosen, setChosen] = useState(0);
    /** Where somebody closed the list: what is written there is left alone. */
    const dismissed = useRef<number | undefined>(undefined);
    const emoji = loadedEmoji.value;
    const commands = known.list.value;
    const kind = trigger?.kind;

    useEffect(() => {
        if (kind === "emoji") loadEmoji();
        if (kind === "command") known.load();
    }, [kind]);

    const suggestions = useMemo(() => suggestFor(trigger), [trigger, emoji, commands]);
    const active = Math.min(chosen, Math.max(0, suggestions.length - 1));

    function suggestFor(wanted: Trigger | undefined): readonly Suggestion[] {
        if (wanted?.kind === "mention") return suggestPeople(peopleHere(app), wanted.query, recentAuthors(app));
        if (wanted?.kind === "command") return suggestCommands(commands, wanted.query);
        if (wanted?.kind !== "emoji") return NOTHING;
        return searchEmoji(emoji?.groups ?? [], wanted.query, MOST_SUGGESTIONS).map(
            ({ char, codes, label }): Suggestion => ({ id: char, insert: char, label: `:${codes[0] ?? label}:`, symbol: char }),
        );
    }

    function triggerNow(): Trigger | undefined {
        const { value, selectionStart, selectionEnd } = field.current!;
        return selectionStart === selectionEnd ? triggerAt(value, selectionStart) : undefined;
    }

    function refresh(): void {
        const found = triggerNow();
        if (found?.from !== dismissed.current) dismissed.current = undefined;
        const next = dismissed.current === undefined ? found : undefined;
        if (isSame(next, trigger)) return;
        setTrigger(next);
        setChosen(0);
    }

    /** What is typed faster than frames come is not in the state yet: then it is the first of what fits by now. */
    function take(index: number): void {
        const now = triggerNow();
        const suggestion = isSame(now, trigger) ? suggestions[index] : suggestFor(now)[0];
        if (!now || !suggestion || !field.current) return;
        const { value, selectionStart } = field.current;
        const [text, caret] = complete(value, selectionStart, now, suggestion);
        app.write(text);
        // At once, for the caret can only stand in a text that is there.
        field.current.value = text;
        field.current.setSelectionRange(caret, caret);
        field.current.focus();
        setTrigger(undefined);
    }

    function onKeyDown(event: KeyboardEvent): boolean {
        if (suggestions.length === 0 || event.isComposing || event.shiftKey) return false;
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (step !== undefined) setChosen((active + step + suggestions.length) % suggestions.length);
        else if (event.key === "Escape") dismiss();
        else if (event.key === "Tab" || (event.key === "Enter" && !isWritten(suggestions[active]!))) take(active);
        else return false;
        return true;
    }

    function dismiss(): void {
        dismissed.current = trigger?.from;
        setTrigger(undefined);
    }

    /** Whoever has written all of it wants to send it. */
    function isWritten({ insert }: Suggestion): boolean {
        const { value, selectionStart } = field.current!;
        const now = triggerNow();
        return !now || now.from !== trigger?.from || value.slice(now.from, selectionStart) === insert;
    }

    return { suggestions, active, refresh, close: () => setTrigger(undefined), take, onKeyDown };
}

function isSame(one: Trigger | undefined, other: Trigger | undefined): boolean {
    return one?.kind === other?.kind && one?.query === other?.query && one?.from === other?.from;
}

function peopleHere(app: ChatApp): Nameable[] {
    const { people, timeline } = app.room.value;
    const all = new Map<string, Nameable>();
    for (const entry of timeline.value) if (entry.kind === "message") all.set(entry.from.id, entry.from);
    for (const user of people.value.members?.values() ?? []) all.set(user.id, user);
    all.delete(app.me.value?.id ?? "");
    return [...all.values()];
}

function recentAuthors(app: ChatApp): string[] {
    const ids = app.room.value.timeline.value.flatMap((entry) => (entry.kind === "message" ? [entry.from.id] : []));
    return [...new Set(ids.slice(-100).reverse())];
}
