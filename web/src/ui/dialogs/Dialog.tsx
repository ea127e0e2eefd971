import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { CloseIcon } from "../icons";
import { closeOverlay } from "../overlay";

interface Props {
    title: string;
    /** Shown for those who do not see the title's place. */
    isTitleHidden?: boolean;
    class?: string;
    testId: string;
    children: ComponentChildren;
}

/** A native dialog: the browser keeps the focus in it, closes it by Escape, and gives the focus back. */
export function Dialog({ title, isTitleHidden = false, class: more = "", testId, children }: Props) {
    const dialog = useRef<HTMLDialogElement>(null);

    useLayoutEffect(() => {
        const shown = dialog.current!;
        shown.showModal();
        return () => shown.close();
    }, []);

    return (
        <dialog
            ref={dialog}
            class={`mx-auto mt-[12vh] mb-auto max-h-[min(38rem,76dvh)] w-[min(34rem,calc(100vw-1.5rem))] flex-col overflow-hidden rounded-2xl border border-ink-600/60 bg-ink-850 text-fog-100 shadow-2xl shadow-black/60 backdrop:bg-ink-950/70 open:flex open:motion-safe:animate-arrive ${more}`}
            aria-label={title}
            onClose={closeOverlay}
            onClick={(event) => event.target === dialog.current && closeOverlay()}
            data-testid={testId}
        >
            {!isTitleHidden && (
                <div class="flex items-center justify-between gap-3 px-5 pt-4">
                    <h2 class="text-lg font-bold text-fog-50">{title}</h2>
                    <button
                        type="button"
                        class="grid size-11 place-items-center rounded-xl text-fog-300 hover:bg-ink-700 hover:text-fog-50"
                        aria-label="Close"
                        onClick={closeOverlay}
                    >
                        <CloseIcon />
                    </button>
                </div>
            )}
            {children}
        </dialog>
    );
}
