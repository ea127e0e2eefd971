import { useEffect, useRef, useState } from "preact/hooks";
import { byteLength } from "../state/text";
import { useApp } from "./context";
import { focusComposer } from "./focus";
import { readNick, storeNick } from "./storage";

const DEFAULT_NICK_BYTES = 64;

export function JoinDialog() {
    const app = useApp();
    const dialog = useRef<HTMLDialogElement>(null);
    const input = useRef<HTMLInputElement>(null);
    const [nick, setNick] = useState(readNick);
    const { open, busy, error } = app.dialog.value;

    useEffect(() => {
        if (open && !dialog.current?.open) dialog.current?.showModal();
        if (open) return;
        dialog.current?.close();
        // Not before: as long as the dialog is open, nothing else can have the focus.
        focusComposer();
    }, [open]);

    useEffect(() => {
        if (open && !busy) input.current?.select();
    }, [open, busy]);

    function join(name: string): void {
        const trimmed = name.trim();
        if (trimmed === "" || busy) return;
        setNick(trimmed);
        storeNick(trimmed);
        void app.join(trimmed);
    }

    const limit = app.hello.value?.limits.nickBytes ?? DEFAULT_NICK_BYTES;
    const isTooLong = byteLength(nick.trim()) > limit;
    const message = isTooLong ? `That name is too long: at most ${limit} bytes.` : error?.message;

    return (
        <dialog
            ref={dialog}
            class="m-auto w-[min(26rem,calc(100vw-2rem))] rounded-3xl border border-ink-600/60 bg-ink-850 p-7 text-fog-100 shadow-2xl shadow-black/60 backdrop:bg-ink-950/85 backdrop:backdrop-blur-sm open:motion-safe:animate-arrive sm:p-9"
            aria-labelledby="join-title"
            onCancel={(event) => event.preventDefault()}
            // A browser lets a second Escape through; without a name there is nothing behind the dialog.
            onClose={() => app.dialog.value.open && dialog.current?.showModal()}
            data-testid="join-dialog"
        >
            <form
                onSubmit={(event) => {
                    event.preventDefault();
                    // Not the state, which may be one frame behind the field.
                    join(input.current!.value);
                }}
            >
                <img src="favicon.svg" alt="" class="size-14" />
                <h2 id="join-title" class="mt-5 text-2xl font-bold tracking-tight wrap-anywhere text-fog-50">
                    Join <span class="text-accent-300">#{app.room.value.title.value}</span>
                </h2>
                <p class="mt-1.5 text-sm text-fog-300">Choose the name that others will see.</p>
                <label for="nick" class="mt-6 block text-sm font-medium text-fog-300">
                    Your name
                </label>
                <input
                    id="nick"
                    ref={input}
                    class="mt-1.5 h-12 w-full rounded-xl border border-ink-600 bg-ink-800 px-4 text-base text-fog-50 placeholder:text-fog-400 focus-visible:border-accent-400 focus-visible:outline-1 focus-visible:outline-offset-0 aria-invalid:border-rose-400"
                    value={nick}
                    onInput={(event) => setNick(event.currentTarget.value)}
                    placeholder="alice"
                    autocomplete="nickname"
                    autocapitalize="off"
                    spellcheck={false}
                    required
                    autofocus
                    readOnly={busy}
                    aria-invalid={message !== undefined}
                    aria-describedby="join-error"
                    data-testid="nick-input"
                />
                <div id="join-error" role="alert">
                    {message !== undefined && (
                        <p class="mt-2.5 text-sm wrap-anywhere text-rose-300" data-testid="join-error">
                            {message}
                        </p>
                    )}
                </div>
                {error?.suggestion !== undefined && !busy && (
                    <button
                        type="button"
                        class="mt-3 max-w-full rounded-full bg-accent-600/20 px-3.5 py-1.5 text-sm text-accent-300 hover:bg-accent-600/35"
                        onClick={() => join(error.suggestion!)}
                        data-testid="suggestion"
                    >
                        Join as <strong class="wrap-anywhere">{error.suggestion}</strong>
                    </button>
                )}
                <button
                    type="submit"
                    class="mt-6 h-12 w-full rounded-xl bg-accent-600 font-semibold text-white transition-colors hover:bg-accent-500 disabled:bg-ink-700 disabled:text-fog-400"
                    disabled={busy || isTooLong}
                    data-testid="join-button"
                >
                    {busy ? "Joining…" : "Join"}
                </button>
            </form>
        </dialog>
    );
}
