/** Filled or hollow, and in words: not by colour alone. */
export function StatusDot({ isHere }: { isHere: boolean }) {
    const look = isHere ? "bg-emerald-400 ring-3" : "border-2 border-fog-400 bg-ink-850 ring-2";
    return (
        <span class={`absolute -right-0.5 -bottom-0.5 size-2.5 rounded-full ring-ink-850 ${look}`}>
            <span class="sr-only">{isHere ? "online" : "not here"}</span>
        </span>
    );
}
