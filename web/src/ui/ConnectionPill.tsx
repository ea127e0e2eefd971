import type { ConnectionState } from "../client/types";
import { useApp } from "./context";
import { focusComposer } from "./focus";
import { useSecondsUntil } from "./useSecondsUntil";

type Phase = ConnectionState["phase"];

const COLORS: Record<Phase, string> = {
    online: "bg-emerald-400/10 text-emerald-300",
    connecting: "bg-sky-400/10 text-sky-300",
    waiting: "bg-amber-400/10 text-amber-200 max-sm:order-last max-sm:w-full",
    offline: "bg-rose-400/10 text-rose-200 max-sm:order-last max-sm:w-full",
};

const DOTS: Record<Phase, string> = {
    online: "bg-emerald-400",
    connecting: "bg-sky-400 motion-safe:animate-pulse",
    waiting: "bg-amber-300 motion-safe:animate-pulse",
    offline: "bg-rose-400",
};

export function ConnectionPill() {
    const app = useApp();
    const state = app.connection.value;
    // A turn that the server has given does not come sooner by asking.
    const isWaiting = state.phase === "waiting" && !state.inLine;
    const canRetry = isWaiting || (state.phase === "offline" && app.me.value !== undefined);

    return (
        <div
            class={`flex min-h-8 items-center gap-2 rounded-full px-3 py-1 text-xs font-medium ${COLORS[state.phase]}`}
            data-testid="connection"
            data-state={state.phase}
        >
            <span class={`size-2 shrink-0 rounded-full ${DOTS[state.phase]}`} aria-hidden="true" />
            <span role="status" class="min-w-0 flex-1 truncate">
                <Label state={state} />
            </span>
            {canRetry && (
                <button
                    type="button"
                    class="-mr-1.5 rounded-full bg-white/10 px-2.5 py-1 font-semibold whitespace-nowrap hover:bg-white/20"
                    onClick={() => {
                        app.retryConnection();
                        focusComposer();
                    }}
                >
                    {state.phase === "waiting" ? "Try now" : "Reconnect"}
                </button>
            )}
        </div>
    );
}

function Label({ state }: { state: ConnectionState }) {
    switch (state.phase) {
        case "online":
            return <>Connected</>;
        case "connecting":
            return <>Connecting…</>;
        case "offline":
            return <>{state.reason ? `Offline: ${state.reason}` : "Offline"}</>;
        case "waiting":
            return (
                <>
                    {state.inLine ? "The server is busy: your turn is" : "Reconnecting"} <Countdown until={state.until} />
                </>
            );
    }
}

/** Hidden from screen readers: a live region that changes every second would never be silent. */
function Countdown({ until }: { until: number }) {
    return (
        <span aria-hidden="true" class="tabular-nums">
            in {useSecondsUntil(until)} s
        </span>
    );
}
