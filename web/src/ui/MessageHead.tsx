import type { MessageEntry } from "../state/timeline";
import { BotBadge } from "./BotBadge";
import { nameColor } from "./colors";
import { formatFullTime, formatTime } from "./time";

export function MessageHead({ entry: { own, from, ts } }: { entry: MessageEntry }) {
    return (
        <div class="mb-1 flex max-w-full items-center gap-2 px-1 text-xs">
            <span class={own ? "sr-only" : `truncate text-sm font-semibold ${nameColor(from.nick)}`}>{from.nick}</span>
            {from.bot && <BotBadge />}
            <time class="shrink-0 text-fog-400" dateTime={new Date(ts).toISOString()} title={formatFullTime(ts)}>
                {formatTime(ts)}
            </time>
        </div>
    );
}
