import type { RoomState } from "../state/room";

/** What stands above the first message. */
export function OlderMessages({ room }: { room: RoomState }) {
    const older = room.history.older.value;
    const isBegun = room.timeline.value.length > 0;
    if (older === "loading" || older === "more")
        return (
            <div class="flex h-12 shrink-0 items-center justify-center gap-2 text-xs text-fog-400" data-testid="loading-older">
                <span
                    class="size-4 rounded-full border-2 border-ink-500 border-t-accent-300 motion-safe:animate-spin"
                    aria-hidden="true"
                />
                Older messages…
            </div>
        );
    if (older === "broken")
        return (
            <div class="flex h-12 shrink-0 items-center justify-center gap-2 text-xs text-fog-300">
                Older messages could not be loaded.
                <button
                    type="button"
                    class="rounded-lg px-2 py-1 font-semibold text-accent-300 hover:bg-ink-700"
                    onClick={() => void room.history.load()}
                >
                    Try again
                </button>
            </div>
        );
    if (!isBegun || !room.history.hasBegun) return null;
    return (
        <p class="shrink-0 py-3 text-center text-xs text-fog-400" data-testid="beginning">
            This is where it begins.
        </p>
    );
}
