import { CloseIcon } from "./icons";
import { UserItem } from "./UserItem";
import { useApp } from "./context";

export const SIDEBAR_ID = "people";

/** A column on wide screens; on narrow ones a drawer, which as a popover closes on Escape or a click beside it. */
export function Sidebar() {
    const app = useApp();
    const people = app.room.value.people.value;
    const myId = app.me.value?.id;
    const isStale = app.connection.value.phase !== "online";

    return (
        <aside
            id={SIDEBAR_ID}
            popover="auto"
            class="inset-y-0 left-0 m-0 h-full max-h-none w-64 shrink-0 flex-col border-r border-ink-700/70 bg-ink-850 text-fog-100 open:flex max-md:w-72 max-md:shadow-2xl max-md:backdrop:bg-black/60 md:static md:flex"
            aria-label="People"
        >
            <div class="flex h-14 shrink-0 items-center gap-2.5 border-b border-ink-700/70 px-4">
                <img src="favicon.svg" alt="" class="size-7" />
                <span class="flex-1 text-lg font-bold tracking-tight text-fog-50">chatd</span>
                <button
                    type="button"
                    class="-mr-2 grid size-10 place-items-center rounded-xl text-fog-300 hover:bg-ink-700 md:hidden"
                    popovertarget={SIDEBAR_ID}
                    popovertargetaction="hide"
                    aria-label="Close people"
                >
                    <CloseIcon />
                </button>
            </div>
            <h2 class="px-4 pt-4 pb-2 text-xs font-semibold tracking-wider text-fog-400 uppercase">
                Active <span class="text-fog-300">· {people.count}</span>
            </h2>
            {people.members ? (
                <ul
                    class={`min-h-0 flex-1 overflow-y-auto px-2 pb-3 focus-visible:-outline-offset-2 ${isStale ? "grayscale" : ""}`}
                    tabIndex={0}
                    aria-label="Active people"
                    data-testid="user-list"
                >
                    {app.sortedPeople.value.map((user) => (
                        <UserItem key={user.id} user={user} isMe={user.id === myId} />
                    ))}
                </ul>
            ) : (
                <p class="px-4 text-sm text-fog-400" data-testid="user-list">
                    {people.count === 1 ? "1 person is" : `${people.count} people are`} here.
                </p>
            )}
        </aside>
    );
}
