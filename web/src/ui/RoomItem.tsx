import type { RoomState } from "../state/room";
import { Avatar } from "./Avatar";
import { Badge } from "./Badge";
import { StatusDot } from "./StatusDot";
import { useApp } from "./context";
import { focusComposer } from "./focus";
import { closeDrawer, ROOMS_ID } from "./drawers";

export function RoomItem({ room }: { room: RoomState }) {
    const app = useApp();
    const isCurrent = app.roomName.value === room.name;
    const unread = room.unread.value;
    const other = room.other.value;
    const look = isCurrent
        ? "bg-ink-700 text-fog-50"
        : unread.messages > 0
          ? "font-semibold text-fog-50 hover:bg-ink-800"
          : "text-fog-300 hover:bg-ink-800 hover:text-fog-50";

    return (
        <li>
            <button
                type="button"
                class={`flex min-h-9 w-full items-center gap-2.5 rounded-lg px-2 py-1 text-left text-[0.9375rem] max-md:min-h-11 ${look}`}
                aria-current={isCurrent ? "page" : undefined}
                title={room.topic.value || undefined}
                onClick={() => {
                    app.open(room.name);
                    closeDrawer(ROOMS_ID);
                    focusComposer();
                }}
                data-roving
                data-testid="room"
                data-room={room.title.value}
            >
                {other ? (
                    <span class="relative">
                        <Avatar nick={other.nick} small />
                        {app.hasPresence.value && <StatusDot isHere={app.here.value.has(other.id)} />}
                    </span>
                ) : (
                    <span class="w-6 text-center text-lg leading-none text-fog-400" aria-hidden="true">
                        #
                    </span>
                )}
                <span class="min-w-0 flex-1 truncate">{room.title.value}</span>
                {!isCurrent && room.draft.value.trim() !== "" && <span class="text-xs font-normal text-fog-400">draft</span>}
                <Badge unread={unread} />
            </button>
        </li>
    );
}
