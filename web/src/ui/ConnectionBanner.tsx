import type { ConnectionState } from "../client/types";
import { useApp } from "./context";
import { focusComposer } from "./focus";
import { useSecondsUntil } from "./useSecondsUntil";

type Phase = ConnectionState["phase"];

const BAR = "flex min-h-11 shrink-0 items-center gap-2.5 px-4 py-1.5 text-sm font-medium sm:px-6";

const COLORS: Record<Phase, string> = {
    online: "sr-only",
    connecting: `${BAR} bg-sky-400/10 text-sky-200`,
    waiting: `${BAR} bg-amber-400/10 text-amber-200`,
    offline: `${BAR} bg-rose-400/10 text-rose-200`,
};

const DOTS: Record<Phase, string> = {
    online: "",
    connecting: "bg-sky-400 motion-safe:animate-pulse",
    waiting: "bg-amber-300 motion-safe:animate-pulse",
    offline: "bg-rose-400",
};

/** Nothing is to be seen of it while all is well. */
export function ConnectionBanner() {
    const app = useApp();
    const state = app.connection.value;
    // A turn that the server has given does not come sooner by asking.
    const isWaiting = state.phase === "waiting" && !state.inLine;
    const canRetry = isWaiting || (state.phase === "offline" && app.me.value !== undefined);

    return (
        <div
            class={COLORS[state.phase]}
            data-testid="connection"
            data-state={state.phase}
        >
            <span class={`size-2 shrink-0 rounded-full ${DOTS[state.phase]}`} aria-hidden="true" />
            <span role="status" class="min-w-0 flex-1">
                <Label state={state} />
            </span>
            {canRetry && (
                <button
                    type="button"
                    class="min-h-9 shrink-0 rounded-lg bg-white/10 px-3 text-sm font-semibold hover:bg-white/20"
                    onClick={() => {
                        app.retryConnection();
                        focusComposer();
                    }}
                    data-testid="try-now"
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
                    {state.inLine ? "The server is busy: your turn is" : "Connection lost. Next try"}{" "}
                    <Countdown until={state.until} />
                </>
            );
    }
}

/** Hidden from screen readers: a live region that changes every second would never be silent. */
function Countdown({ until }: { until: number }) {
    return (
        <span aria-hidden="true" class="whitespace-nowrap tabular-nums" data-testid="countdown">
            in {useSecondsUntil(until)} s
        </span>
    );
}
