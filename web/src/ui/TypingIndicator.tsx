import { describeTypists } from "../state/typing";
import { useApp } from "./context";

const DELAYS = ["", "[animation-delay:180ms]", "[animation-delay:360ms]"];

/** Keeps its height when nobody types, so that the messages do not jump. Not announced: it changes all the time. */
export function TypingIndicator() {
    const typists = useApp().room.value.typists.value;

    return (
        <div class="mx-auto flex h-7 w-full max-w-4xl shrink-0 items-center gap-2 px-4 text-xs text-fog-300 sm:px-6" data-testid="typing">
            {typists.length > 0 && (
                <>
                    <span class="flex shrink-0 gap-1 rounded-full bg-ink-700 px-2 py-1.5" aria-hidden="true">
                        {DELAYS.map((delay) => (
                            <span
                                key={delay}
                                class={`size-1.5 rounded-full bg-accent-300 motion-safe:animate-typing ${delay}`}
                            />
                        ))}
                    </span>
                    <span class="truncate">{describeTypists(typists)}</span>
                </>
            )}
        </div>
    );
}
