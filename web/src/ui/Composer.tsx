import { useLayoutEffect, useRef } from "preact/hooks";
import type { Parts } from "./Later";
import { Later } from "./Later";
import { useApp } from "./context";
import { COMPOSER_ID, focusComposer } from "./focus";
import { SendIcon } from "./icons";

/** The countdown appears when less than this share of the limit is left. */
const NEAR_LIMIT = 0.2;
const TALLEST_PX = 200;

const composerTools = (parts: Parts) => parts.ComposerTools;

export function Composer() {
    const app = useApp();
    const field = useRef<HTMLTextAreaElement>(null);
    const draft = app.room.value.draft.value;
    const limit = app.messageBytes.value;
    const left = app.bytesLeft.value;
    const hint = left < 0 ? `${-left} bytes too long` : left < limit * NEAR_LIMIT ? `${left} bytes left` : "";
    const { other, title } = app.room.value;
    const label = `Message ${other.value ? "@" : "#"}${title.value}`;

    useLayoutEffect(() => {
        const style = field.current!.style;
        style.height = "auto";
        style.height = `${Math.min(field.current!.scrollHeight, TALLEST_PX)}px`;
    }, [draft]);

    function send(): void {
        app.sendDraft();
        // At once: whoever types on before the next frame must not continue the text that was sent.
        field.current!.value = app.room.value.draft.value;
        focusComposer();
    }

    function onKeyDown(event: KeyboardEvent): void {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        send();
    }

    return (
        <form
            class="mx-auto w-full max-w-4xl shrink-0 px-3 pb-[max(0.75rem,env(safe-area-inset-bottom))] sm:px-6 sm:pb-5"
            onSubmit={(event) => {
                event.preventDefault();
                send();
            }}
            data-region
        >
            <div class="relative flex flex-wrap items-end gap-x-2 rounded-2xl border border-ink-600/70 bg-ink-800 p-1.5 pl-4 transition-colors focus-within:border-accent-400">
                <textarea
                    ref={field}
                    id={COMPOSER_ID}
                    class="min-h-10 min-w-0 flex-1 resize-none bg-transparent py-2 leading-6 text-fog-50 placeholder:text-fog-400 focus-visible:outline-none"
                    rows={1}
                    value={draft}
                    onInput={(event) => app.write(event.currentTarget.value)}
                    onKeyDown={onKeyDown}
                    dir="auto"
                    placeholder={label}
                    aria-label={label}
                    aria-describedby="composer-hint"
                    aria-invalid={left < 0}
                    enterkeyhint="send"
                    data-testid="composer"
                />
                <span
                    id="composer-hint"
                    class={`order-last w-full pr-1 text-right text-xs tabular-nums empty:hidden ${left < 0 ? "font-semibold text-rose-300" : "text-fog-300"}`}
                >
                    {hint}
                </span>
                <Later part={composerTools} props={{ field }} />
                <button
                    type="submit"
                    class="grid size-10 shrink-0 place-items-center rounded-xl bg-accent-600 text-white transition-colors hover:bg-accent-500 disabled:bg-transparent disabled:text-ink-500"
                    disabled={!app.canSend.value}
                    aria-label="Send"
                    data-testid="send"
                >
                    <SendIcon />
                </button>
            </div>
        </form>
    );
}
