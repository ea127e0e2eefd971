export function BotBadge() {
    return (
        <span class="rounded bg-accent-600/30 px-1.5 py-0.5 text-[0.625rem] leading-none font-bold tracking-wide text-accent-300">
            BOT
        </span>
    );
}
