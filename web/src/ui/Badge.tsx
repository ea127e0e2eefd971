import type { Unread } from "../state/unread";
import { badgeText } from "../state/unread";

/** A mention has a sign of its own, not only a colour. */
export function Badge({ unread: { messages, mentions } }: { unread: Unread }) {
    if (messages === 0) return null;
    const isMention = mentions > 0;
    const spoken = `${messages} unread${isMention ? `, ${mentions} of them for you` : ""}`;
    return (
        <span
            class={`shrink-0 rounded-full px-1.5 py-0.5 text-[0.6875rem] leading-4 font-bold tabular-nums ${isMention ? "bg-rose-600 text-white" : "bg-ink-600 text-fog-50"}`}
            data-testid="badge"
            data-unread={messages}
            data-mentions={mentions}
        >
            <span aria-hidden="true">{isMention ? `@${badgeText(mentions)}` : badgeText(messages)}</span>
            <span class="sr-only">{spoken}</span>
        </span>
    );
}
