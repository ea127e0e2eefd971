import type { MessageEntry } from "../state/timeline";
import { useApp } from "./context";
import { focusComposer } from "./focus";

interface Props {
    entry: MessageEntry;
    reason: string;
}

export function FailedActions({ entry, reason }: Props) {
    const app = useApp();
    return (
        <div class="mt-1 flex flex-wrap items-center justify-end gap-x-1 text-xs">
            <span role="alert" class="mr-1 wrap-anywhere text-rose-300">
                Not sent: {reason}
            </span>
            <Action label="Retry" onClick={() => app.retry(entry)} />
            <Action label="Edit" onClick={() => app.edit(entry)} />
            <Action label="Discard" onClick={() => app.discard(entry)} />
        </div>
    );
}

function Action({ label, onClick }: { label: string; onClick(): void }) {
    return (
        <button
            type="button"
            class="rounded-lg px-2 py-1 font-semibold text-accent-300 hover:bg-ink-700"
            onClick={() => {
                onClick();
                focusComposer();
            }}
        >
            {label}
        </button>
    );
}
