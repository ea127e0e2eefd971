import { useApp } from "./context";
import { PEOPLE_ID, ROOMS_ID } from "./drawers";
import { focusComposer } from "./focus";
import { CloseIcon, MenuIcon, PeopleIcon } from "./icons";
import { Badge } from "./Badge";
import type { Parts } from "./Later";
import { Later } from "./Later";

const BUTTON =
    "flex h-11 shrink-0 items-center gap-1.5 rounded-xl px-2.5 text-sm font-semibold text-fog-300 hover:bg-ink-800 hover:text-fog-50";

const headerTools = (parts: Parts) => parts.HeaderTools;

export function Header() {
    const app = useApp();
    const room = app.room.value;
    const { count } = room.people.value;
    const isDirect = room.other.value !== undefined;
    const leaveLabel = isDirect ? "Close this conversation" : `Leave #${room.name}`;

    return (
        <header class="flex min-h-14 shrink-0 items-center gap-x-1 border-b border-ink-700/70 px-2 sm:px-4">
            <button
                type="button"
                class={`${BUTTON} md:hidden`}
                popovertarget={ROOMS_ID}
                aria-label="Show rooms"
                data-testid="rooms-button"
            >
                <MenuIcon />
                <Badge unread={app.unread.value} />
            </button>
            <h1 class="min-w-0 truncate pl-1 font-semibold text-fog-50">
                <span class="mr-1 text-fog-400" aria-hidden="true">
                    {isDirect ? "@" : "#"}
                </span>
                {room.title.value}
            </h1>
            <p
                class="ml-2 min-w-0 flex-1 truncate border-l border-ink-600 pl-3 text-sm text-fog-300 empty:invisible max-sm:invisible"
                title={room.topic.value}
                data-testid="topic"
            >
                {room.topic.value}
            </p>
            <Later part={headerTools} props={{}} />
            {app.rooms.value.has(room.name) && (
                <button
                    type="button"
                    class={`${BUTTON} hover:bg-rose-500/15 hover:text-rose-200`}
                    onClick={() => {
                        void app.leaveRoom(room.name).catch((error: Error) => app.tell(error.message));
                        focusComposer();
                    }}
                    aria-label={leaveLabel}
                    title={leaveLabel}
                    data-testid="leave-room"
                >
                    <CloseIcon />
                </button>
            )}
            {app.hasPresence.value && (
                <button
                    type="button"
                    class={`${BUTTON} lg:hidden`}
                    popovertarget={PEOPLE_ID}
                    aria-label={`Show people, ${count} here`}
                    data-testid="people-button"
                >
                    <PeopleIcon />
                    {count}
                </button>
            )}
        </header>
    );
}
