import { useState } from "preact/hooks";
import { isDirectName } from "../state/kept_rooms";
import type { RoomState } from "../state/room";
import { MePanel } from "./MePanel";
import { RoomDialog } from "./RoomDialog";
import { RoomItem } from "./RoomItem";
import { useApp } from "./context";
import { ROOMS_ID } from "./drawers";
import { CloseIcon, PlusIcon } from "./icons";
import { useRoving } from "./useRoving";

const HEADING = "flex-1 text-xs font-semibold tracking-wider text-fog-400 uppercase";

function byTitle(a: RoomState, b: RoomState): number {
    return a.title.value.localeCompare(b.title.value);
}

export function RoomsSidebar() {
    const app = useApp();
    const [isChoosing, setIsChoosing] = useState(false);
    const roving = useRoving<HTMLElement>();
    const all = [...app.rooms.value.values()].sort(byTitle);
    const rooms = all.filter(({ name }) => !isDirectName(name));
    const directs = all.filter(({ name }) => isDirectName(name));

    return (
        <>
            <aside
                id={ROOMS_ID}
                popover="auto"
                class="inset-y-0 left-0 m-0 h-full max-h-none w-60 shrink-0 flex-col border-r border-ink-700/70 bg-ink-850 text-fog-100 open:flex max-md:w-72 max-md:shadow-2xl max-md:backdrop:bg-black/60 md:static md:flex"
                aria-label="Rooms"
                data-region
            >
                <div class="flex h-14 shrink-0 items-center gap-2.5 border-b border-ink-700/70 px-4">
                    <img src="favicon.svg" alt="" class="size-7" />
                    <span class="flex-1 text-lg font-bold tracking-tight text-fog-50">chatd</span>
                    <button
                        type="button"
                        class="-mr-2 grid size-11 place-items-center rounded-xl text-fog-300 hover:bg-ink-700 md:hidden"
                        popovertarget={ROOMS_ID}
                        popovertargetaction="hide"
                        aria-label="Close rooms"
                    >
                        <CloseIcon />
                    </button>
                </div>
                <nav
                    ref={roving.ref}
                    class="min-h-0 flex-1 overflow-y-auto px-2 pb-3"
                    aria-label="Rooms"
                    onKeyDown={roving.onKeyDown}
                    onFocusIn={roving.onFocusIn}
                    data-testid="room-list"
                >
                    <div class="flex items-center px-2 pt-3 pb-1">
                        <h2 class={HEADING}>Rooms</h2>
                        <button
                            type="button"
                            class="-mr-2 grid size-8 place-items-center rounded-lg text-fog-300 hover:bg-ink-700 hover:text-fog-50 max-md:size-11"
                            aria-label="Find or make a room"
                            title="Find or make a room"
                            onClick={() => setIsChoosing(true)}
                            data-testid="add-room"
                        >
                            <PlusIcon />
                        </button>
                    </div>
                    <ul>
                        {rooms.map((room) => (
                            <RoomItem key={room.name} room={room} />
                        ))}
                    </ul>
                    {directs.length > 0 && (
                        <>
                            <h2 class={`px-2 pt-4 pb-1 ${HEADING}`}>Direct messages</h2>
                            <ul>
                                {directs.map((room) => (
                                    <RoomItem key={room.name} room={room} />
                                ))}
                            </ul>
                        </>
                    )}
                </nav>
                <MePanel />
            </aside>
            {/* Not inside: a drawer that is closed hides all that is in it. */}
            {isChoosing && <RoomDialog onClose={() => setIsChoosing(false)} />}
        </>
    );
}
