import { useState } from "preact/hooks";
import type { RoomState } from "../state/room";
import type { GapEntry } from "../state/timeline";

function describe({ range }: GapEntry): string {
    if (!range) return "Some messages were missed while disconnected";
    const missed = range.to - range.from;
    return `${missed} ${missed === 1 ? "message was" : "messages were"} missed while disconnected`;
}

export function GapLine({ room, gap }: { room: RoomState; gap: GapEntry }) {
    const [isBusy, setIsBusy] = useState(false);
    const canFill = gap.range !== undefined && !gap.isLost && room.history.hasBegun;

    async function fill(): Promise<void> {
        setIsBusy(true);
        await room.fill(gap).catch(() => {});
        setIsBusy(false);
    }

    return (
        <div class="my-4 flex items-center gap-3 text-xs text-amber-200" data-testid="gap">
            <span class="h-px flex-1 bg-amber-200/25" />
            {describe(gap)}
            {canFill && (
                <button
                    type="button"
                    class="rounded-lg bg-amber-200/10 px-2.5 py-1 font-semibold hover:bg-amber-200/20"
                    disabled={isBusy}
                    onClick={() => void fill()}
                    data-testid="fill-gap"
                >
                    {isBusy ? "Loading…" : "Load them"}
                </button>
            )}
            <span class="h-px flex-1 bg-amber-200/25" />
        </div>
    );
}
