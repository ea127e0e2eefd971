import { useEffect } from "preact/hooks";
import { useApp } from "./context";

const SHOWN_MS = 7_000;

/** Told once, and gone by itself; the region is always there, so that what comes into it is read out. */
export function News() {
    const app = useApp();
    const news = app.news.value;

    useEffect(() => {
        if (!news) return;
        const timer = setTimeout(() => (app.news.value = undefined), SHOWN_MS);
        return () => clearTimeout(timer);
    }, [news]);

    return (
        <div role="status" class="pointer-events-none absolute inset-x-0 top-3 z-10 flex justify-center px-4">
            {news && (
                <p
                    class="rounded-xl border border-ink-600 bg-ink-800 px-4 py-2.5 text-sm font-medium wrap-anywhere text-fog-100 shadow-lg shadow-black/40 motion-safe:animate-arrive"
                    data-testid="news"
                >
                    {news.text}
                </p>
            )}
        </div>
    );
}
