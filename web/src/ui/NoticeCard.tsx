import type { NoticeEntry } from "../state/timeline";
import { BotBadge } from "./BotBadge";
import { EyeOffIcon } from "./icons";
import { memo } from "./memo";
import { formatFullTime, formatTime } from "./time";

export const NoticeCard = memo(({ notice }: { notice: NoticeEntry }) => (
    <div
        class="mt-4 max-w-[min(36rem,92%)] rounded-xl border border-ink-600/60 bg-ink-850 px-4 py-3 sm:ml-12"
        data-testid="notice"
    >
        <div class="flex items-center gap-2 text-xs text-fog-400 [&_svg]:size-3.5">
            {notice.from && <span class="truncate font-semibold text-fog-300">{notice.from.nick}</span>}
            {notice.from?.bot && <BotBadge />}
            <EyeOffIcon />
            <span>Only you see this</span>
            <time dateTime={new Date(notice.ts).toISOString()} title={formatFullTime(notice.ts)}>
                {formatTime(notice.ts)}
            </time>
        </div>
        <p class="mt-1.5 text-sm leading-relaxed wrap-anywhere whitespace-pre-wrap text-fog-300">{notice.text}</p>
    </div>
));
