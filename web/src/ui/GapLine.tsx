import type { GapEntry } from "../state/timeline";
import { memo } from "./memo";

function describe({ missed }: GapEntry): string {
    if (missed === undefined) return "Some messages were missed while disconnected";
    return `${missed} ${missed === 1 ? "message was" : "messages were"} missed while disconnected`;
}

export const GapLine = memo(({ gap }: { gap: GapEntry }) => (
    <div class="my-4 flex items-center gap-3 text-xs text-amber-200" data-testid="gap">
        <span class="h-px flex-1 bg-amber-200/25" />
        {describe(gap)}
        <span class="h-px flex-1 bg-amber-200/25" />
    </div>
));
