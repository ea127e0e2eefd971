import { ConnectionPill } from "./ConnectionPill";
import { SIDEBAR_ID } from "./Sidebar";
import { useApp } from "./context";
import { LeaveIcon, PeopleIcon } from "./icons";

export function Header() {
    const app = useApp();
    const { count } = app.room.value.people.value;

    return (
        <header class="flex min-h-14 shrink-0 flex-wrap items-center gap-x-3 gap-y-2 border-b border-ink-700/70 px-3 py-1.5 sm:px-5">
            {app.hasPresence.value && (
                <button
                    type="button"
                    class="flex h-10 items-center gap-1.5 rounded-xl px-2 text-sm font-semibold text-fog-300 hover:bg-ink-800 hover:text-fog-50 md:hidden"
                    popovertarget={SIDEBAR_ID}
                    aria-label={`Show people, ${count} here`}
                    data-testid="people-button"
                >
                    <PeopleIcon />
                    {count}
                </button>
            )}
            <h1 class="min-w-0 flex-1 truncate font-semibold text-fog-50">
                <span class="mr-1 text-fog-400" aria-hidden="true">
                    #
                </span>
                {app.room.value.title.value}
            </h1>
            <ConnectionPill />
            <button
                type="button"
                class="flex h-10 items-center gap-2 rounded-xl px-2.5 text-sm font-medium text-fog-300 transition-colors hover:bg-rose-500/15 hover:text-rose-200"
                onClick={() => app.logOut()}
                data-testid="leave"
            >
                <LeaveIcon />
                <span class="max-sm:sr-only">Leave</span>
            </button>
        </header>
    );
}
