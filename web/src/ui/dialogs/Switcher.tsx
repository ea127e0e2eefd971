import { useEffect, useRef, useState } from "preact/hooks";
import type { RoomInfo, User } from "../../client/types";
import type { ChatApp } from "../../state/app";
import type { Destination, OwnRoom } from "../../state/destinations";
import { destinations } from "../../state/destinations";
import { useApp } from "../context";
import { focusComposer } from "../focus";
import { closeOverlay } from "../overlay";
import { Dialog } from "./Dialog";
import { useActiveOption } from "./useActiveOption";

const KINDS: Readonly<Record<Destination["kind"], string>> = {
    room: "room",
    direct: "direct messages",
    person: "write to",
    join: "join",
};

export function Switcher() {
    const app = useApp();
    const [query, setQuery] = useState("");
    const [others, setOthers] = useState<readonly RoomInfo[]>([]);
    const list = useRef<HTMLUListElement>(null);

    useEffect(() => {
        app.client.rooms().then(setOthers, () => {});
    }, []);

    const known = {
        own: ownRooms(app),
        others,
        people: app.hasFeature("direct") ? peopleOf(app) : [],
        myId: app.me.value?.id,
        mayJoin: true,
    };
    const found = destinations(known, query);
    const { active, setActive, onKeyDown } = useActiveOption(
        query,
        found.length,
        (index) => go(found[index]!),
        (now) => goToFirst(destinations(known, now)),
    );

    useEffect(() => {
        list.current?.querySelector(`[aria-selected="true"]`)?.scrollIntoView({ block: "nearest" });
    }, [active]);

    function goToFirst([first]: readonly Destination[]): void {
        if (first) go(first);
    }

    function go({ kind, id, label }: Destination): void {
        closeOverlay();
        focusComposer();
        const gone = kind === "person" ? app.openDirect({ id, nick: label }) : app.enterRoom(id);
        gone.catch((error: Error) => app.tell(error.message));
    }

    return (
        <Dialog title="Go to" isTitleHidden testId="switcher">
            <div class="p-3 pb-1">
                <input
                    type="text"
                    class="h-12 w-full rounded-xl bg-ink-800 px-4 text-fog-50 placeholder:text-fog-400"
                    placeholder="Go to a room or a person"
                    role="combobox"
                    aria-label="Go to a room or a person"
                    aria-expanded={found.length > 0}
                    aria-controls="destinations"
                    aria-activedescendant={found.length > 0 ? `destination-${active}` : undefined}
                    aria-autocomplete="list"
                    autocomplete="off"
                    value={query}
                    onInput={(event) => {
                        setQuery(event.currentTarget.value);
                        setActive(0);
                    }}
                    onKeyDown={onKeyDown}
                    autofocus
                    data-testid="switcher-input"
                />
            </div>
            <ul
                ref={list}
                id="destinations"
                role="listbox"
                aria-label="Rooms and people"
                class="min-h-0 flex-1 overflow-y-auto p-3 pt-1"
            >
                {found.map((destination, index) => (
                    <li
                        key={`${destination.kind} ${destination.id}`}
                        id={`destination-${index}`}
                        role="option"
                        aria-selected={index === active}
                        class="flex min-h-11 cursor-pointer items-center gap-3 rounded-xl px-3 hover:bg-ink-800 aria-selected:bg-ink-700"
                        onClick={() => go(destination)}
                        data-testid="destination"
                        data-kind={destination.kind}
                    >
                        <span class="w-4 text-center text-fog-300" aria-hidden="true">
                            {destination.kind === "room" || destination.kind === "join" ? "#" : "@"}
                        </span>
                        <bdi class="min-w-0 flex-1 truncate font-medium text-fog-50">{destination.label}</bdi>
                        <span class="shrink-0 text-xs text-fog-300">{hintOf(destination)}</span>
                    </li>
                ))}
            </ul>
            <p class="sr-only" role="status">
                {found.length === 0 ? "Nothing is called so." : `${found.length} found`}
            </p>
        </Dialog>
    );
}

function ownRooms(app: ChatApp): OwnRoom[] {
    return [...app.rooms.value.values()].map(({ name, title, other, unread }) => {
        return { name, title: title.value, isDirect: other.value !== undefined, unread: unread.value.messages };
    });
}

/** Of all rooms that one is in. */
function peopleOf(app: ChatApp): User[] {
    const all = [...app.rooms.value.values()].flatMap(({ people }) => [...(people.value.members ?? [])]);
    return [...new Map(all).values()];
}

function hintOf(destination: Destination): string {
    const kind = KINDS[destination.kind];
    if ("unread" in destination && destination.unread > 0) return `${destination.unread} new`;
    if ("count" in destination) return `${kind}, ${destination.count} there`;
    return destination.kind === "join" ? "new room" : kind;
}
