import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { systemClock } from "../../client/clock";
import type { Message } from "../../client/room_events";
import { Search, splitMatches } from "../../state/search";
import { useDesk } from "../desk";
import { closeOverlay } from "../overlay";
import { formatFullTime } from "../time";
import { Dialog } from "./Dialog";
import { useActiveOption } from "./useActiveOption";

export function SearchDialog() {
    const { app, actions } = useDesk();
    const room = app.room.value;
    const search = useMemo(() => new Search(app.client, systemClock), []);
    const [text, setText] = useState("");
    const [everywhere, setEverywhere] = useState(false);
    const list = useRef<HTMLUListElement>(null);
    const results = search.results.value;
    const status = search.status.value;
    const { active, setActive, onKeyDown } = useActiveOption(text, results.length, (index) => open(results[index]!));

    useEffect(() => {
        setActive(0);
        search.ask(text, everywhere ? undefined : room.name);
    }, [text, everywhere]);
    useEffect(() => () => search.stop(), []);
    useEffect(() => {
        list.current?.querySelector(`[aria-selected="true"]`)?.scrollIntoView({ block: "nearest" });
    }, [active]);

    function open(message: Message): void {
        closeOverlay();
        void actions.jumpTo(message.room, message.seq);
    }

    return (
        <Dialog title="Search messages" testId="search-dialog" class="h-[34rem]">
            <div class="px-5 pt-1 pb-2">
                <input
                    type="text"
                    inputMode="search"
                    class="h-11 w-full rounded-xl border border-ink-600 bg-ink-800 px-3 text-fog-50 placeholder:text-fog-400"
                    placeholder="Words that the message has"
                    role="combobox"
                    aria-label="Search messages"
                    aria-expanded={results.length > 0}
                    aria-controls="search-results"
                    aria-activedescendant={results.length > 0 ? `result-${active}` : undefined}
                    aria-autocomplete="list"
                    value={text}
                    onInput={(event) => setText(event.currentTarget.value)}
                    onKeyDown={onKeyDown}
                    autofocus
                    data-testid="search-input"
                />
                <label class="mt-2 flex min-h-8 items-center gap-2 text-sm text-fog-300">
                    <input
                        type="checkbox"
                        class="size-4 accent-accent-500"
                        checked={everywhere}
                        onChange={(event) => setEverywhere(event.currentTarget.checked)}
                        data-testid="search-everywhere"
                    />
                    In all rooms, not only in {room.title.value}
                </label>
            </div>
            <div class="min-h-0 flex-1 overflow-y-auto px-3 pb-3">
                <ul ref={list} id="search-results" role="listbox" aria-label="Messages found">
                    {results.map((message, index) => (
                        <li
                            key={`${message.room} ${message.seq}`}
                            id={`result-${index}`}
                            role="option"
                            aria-selected={index === active}
                            class="cursor-pointer rounded-xl px-3 py-2 hover:bg-ink-800 aria-selected:bg-ink-700"
                            onClick={() => open(message)}
                            data-testid="search-result"
                        >
                            <Result message={message} query={text} hasRoom={everywhere} />
                        </li>
                    ))}
                </ul>
                <p class="px-3 py-2 text-sm text-fog-300" role="status" data-testid="search-status">
                    {statusText(status, results.length, search.error.value)}
                </p>
                {search.hasMore.value && status === "done" && (
                    <button
                        type="button"
                        class="mx-3 h-11 rounded-xl px-3 font-semibold text-accent-300 hover:bg-ink-700"
                        onClick={() => void search.more()}
                    >
                        Older ones
                    </button>
                )}
            </div>
        </Dialog>
    );
}

function statusText(status: string, count: number, error: string): string {
    if (status === "searching") return "Searching…";
    if (status === "failed") return `The search failed: ${error}`;
    if (status === "idle") return "Words may be cut short; neither case nor accents matter.";
    return count === 0 ? "Nothing found." : count === 1 ? "1 message" : `${count} messages`;
}

function Result({ message, query, hasRoom }: { message: Message; query: string; hasRoom: boolean }) {
    return (
        <>
            <span class="flex flex-wrap items-baseline gap-x-2 text-xs text-fog-300">
                <bdi class="font-semibold text-fog-50">{message.from.nick}</bdi>
                {hasRoom && <bdi>in {message.room}</bdi>}
                <time dateTime={new Date(message.ts).toISOString()}>{formatFullTime(message.ts)}</time>
            </span>
            <span dir="auto" class="mt-0.5 line-clamp-3 block text-sm wrap-anywhere whitespace-pre-wrap">
                {splitMatches(message.text, query).map((piece, index) =>
                    index % 2 === 1 ? (
                        <mark key={index} class="rounded bg-amber-300 text-amber-950">
                            {piece}
                        </mark>
                    ) : (
                        piece
                    ),
                )}
            </span>
        </>
    );
}
