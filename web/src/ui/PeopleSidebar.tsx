import { useState } from "preact/hooks";
import type { User } from "../client/types";
import { groupPeople } from "../state/people";
import { PersonMenu } from "./PersonMenu";
import { UserItem } from "./UserItem";
import { useApp } from "./context";
import { PEOPLE_ID } from "./drawers";
import { CloseIcon } from "./icons";
import { useRoving } from "./useRoving";

/** Below that many people nobody needs to search. */
const MANY = 10;

export function PeopleSidebar() {
    const app = useApp();
    const people = app.room.value.people.value;
    const isStale = app.connection.value.phase !== "online";
    const [search, setSearch] = useState("");
    const [chosen, setChosen] = useState<{ user: User; at: HTMLElement }>();
    const roving = useRoving<HTMLDivElement>();
    const isLong = (people.members?.size ?? 0) > MANY;
    const groups = groupPeople(people, app.me.value?.id, isLong ? search : "");

    return (
        <aside
            id={PEOPLE_ID}
            popover="auto"
            class="inset-y-0 right-0 left-auto m-0 h-full max-h-none w-60 shrink-0 flex-col border-l border-ink-700/70 bg-ink-850 text-fog-100 open:flex max-lg:w-72 max-lg:shadow-2xl max-lg:backdrop:bg-black/60 lg:static lg:flex"
            aria-label="People"
            data-region
        >
            <div class="flex h-14 shrink-0 items-center border-b border-ink-700/70 px-4">
                <h2 class="flex-1 font-semibold text-fog-50">
                    Active <span class="font-normal text-fog-300">· {people.count}</span>
                </h2>
                <button
                    type="button"
                    class="-mr-2 grid size-11 place-items-center rounded-xl text-fog-300 hover:bg-ink-700 lg:hidden"
                    popovertarget={PEOPLE_ID}
                    popovertargetaction="hide"
                    aria-label="Close people"
                >
                    <CloseIcon />
                </button>
            </div>
            {isLong && (
                <input
                    type="search"
                    class="mx-3 mt-3 h-9 shrink-0 rounded-lg border border-ink-600 bg-ink-800 px-3 text-sm text-fog-50 placeholder:text-fog-400 max-md:h-11"
                    value={search}
                    onInput={(event) => setSearch(event.currentTarget.value)}
                    placeholder="Find people"
                    aria-label="Find people"
                    data-testid="people-search"
                />
            )}
            <div
                ref={roving.ref}
                class={`min-h-0 flex-1 overflow-y-auto px-2 pb-3 ${isStale ? "grayscale" : ""}`}
                onKeyDown={roving.onKeyDown}
                onFocusIn={roving.onFocusIn}
                data-testid="user-list"
            >
                {groups.map(({ title, isHere, people: members }) => (
                    <section key={title} aria-label={title}>
                        <h3 class="px-2 pt-4 pb-1 text-xs font-semibold tracking-wider text-fog-400 uppercase">
                            {title} · {members.length}
                        </h3>
                        <ul>
                            {members.map((user) => (
                                <UserItem
                                    key={user.id}
                                    user={user}
                                    isMe={user.id === app.me.value?.id}
                                    isHere={isHere}
                                    onChoose={setChosen}
                                />
                            ))}
                        </ul>
                    </section>
                ))}
                {!people.members && (
                    <p class="px-2 pt-4 text-sm text-fog-400">
                        {people.count === 1 ? "1 person is" : `${people.count} people are`} here.
                    </p>
                )}
            </div>
            {chosen && <PersonMenu user={chosen.user} at={chosen.at} onClose={() => setChosen(undefined)} />}
        </aside>
    );
}
