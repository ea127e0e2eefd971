import { Avatar } from "./Avatar";
import { StatusDot } from "./StatusDot";
import { useApp } from "./context";
import { LeaveIcon } from "./icons";

/** Who one is here, and the way out. */
export function MePanel() {
    const app = useApp();
    const me = app.me.value;
    const isOnline = app.connection.value.phase === "online";
    if (!me) return null;
    return (
        <div class="flex shrink-0 items-center gap-2.5 border-t border-ink-700/70 px-3 py-2 pb-[max(0.5rem,env(safe-area-inset-bottom))]">
            <span class="relative">
                <Avatar nick={me.nick} />
                <StatusDot isHere={isOnline} />
            </span>
            <span class="min-w-0 flex-1">
                <span class="block truncate text-sm font-semibold text-fog-50" title={me.nick}>
                    {me.nick}
                </span>
                <span class="block text-xs text-fog-400">{isOnline ? "Online" : "Not connected"}</span>
            </span>
            <button
                type="button"
                class="grid size-10 shrink-0 place-items-center rounded-xl text-fog-300 hover:bg-rose-500/15 hover:text-rose-200 max-md:size-11"
                onClick={() => app.logOut()}
                aria-label="Log out"
                title="Log out"
                data-testid="leave"
            >
                <LeaveIcon />
            </button>
        </div>
    );
}
