import { useEffect, useRef, useState } from "preact/hooks";
import { useApp } from "./context";

const MOST = 5;
const LONGEST = 300;
/** Long enough to be read out; then it is not found a second time by who walks through the page. */
const KEPT_MS = 15_000;

/**
 * Reads out what others say, each once. The list of messages cannot: rows come into it and go by mere scrolling, and
 * old ones when they are loaded.
 */
export function Announcer() {
    const app = useApp();
    const [said, setSaid] = useState<readonly { key: number; text: string }[]>([]);
    const next = useRef(1);

    useEffect(
        () =>
            app.heard.subscribe((heard) => {
                if (!heard) return;
                const text = `${heard.from ? `${heard.from.nick}: ` : ""}${heard.text}`.slice(0, LONGEST);
                const key = next.current++;
                setSaid((all) => [...all, { key, text }].slice(-MOST));
            }),
        [],
    );
    useEffect(() => {
        if (said.length === 0) return;
        const timer = setTimeout(() => setSaid([]), KEPT_MS);
        return () => clearTimeout(timer);
    }, [said]);

    return (
        <div class="sr-only" role="log" aria-live="polite" aria-label="New messages" data-testid="announcer">
            {said.map(({ key, text }) => (
                <p key={key}>{text}</p>
            ))}
        </div>
    );
}
