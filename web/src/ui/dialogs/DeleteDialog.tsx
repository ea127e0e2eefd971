import type { SentEntry } from "../../state/timeline";
import { useDesk } from "../desk";
import { focusComposer } from "../focus";
import { closeOverlay } from "../overlay";
import { Dialog } from "./Dialog";

export function DeleteDialog({ entry }: { entry: SentEntry }) {
    const { actions } = useDesk();

    function remove(): void {
        actions.remove(entry);
        closeOverlay();
        focusComposer();
    }

    return (
        <Dialog title="Delete this message?" testId="delete-dialog" class="sm:w-[26rem]">
            <div class="px-5 pb-5">
                <p class="mt-1 text-sm text-fog-300">It will be gone for everybody, and cannot be brought back.</p>
                <p
                    dir="auto"
                    class="mt-3 line-clamp-4 rounded-xl border border-ink-600/60 bg-ink-900 px-3 py-2 text-sm wrap-anywhere whitespace-pre-wrap"
                >
                    {entry.text}
                </p>
                <div class="mt-5 flex flex-wrap justify-end gap-2">
                    <button
                        type="button"
                        class="h-11 rounded-xl px-4 font-semibold text-fog-100 hover:bg-ink-700"
                        onClick={closeOverlay}
                        autofocus
                    >
                        Keep it
                    </button>
                    <button
                        type="button"
                        class="h-11 rounded-xl bg-rose-700 px-4 font-semibold text-white hover:bg-rose-600"
                        onClick={remove}
                        data-testid="delete-confirm"
                    >
                        Delete
                    </button>
                </div>
            </div>
        </Dialog>
    );
}
