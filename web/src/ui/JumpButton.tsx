import { focusComposer } from "./focus";
import { DownIcon } from "./icons";

interface Props {
    unseen: number;
    onJump(): void;
}

export function JumpButton({ unseen, onJump }: Props) {
    const label = unseen === 0 ? "Jump to latest" : `${unseen} new ${unseen === 1 ? "message" : "messages"}`;
    return (
        <button
            type="button"
            class="absolute bottom-3 left-1/2 flex h-10 -translate-x-1/2 items-center gap-2 rounded-full border border-white/10 bg-accent-600 pr-4 pl-3 text-sm font-semibold whitespace-nowrap text-white shadow-lg shadow-black/40 hover:bg-accent-500 motion-safe:animate-arrive"
            onClick={() => {
                onJump();
                focusComposer();
            }}
            data-testid="jump"
        >
            <DownIcon />
            {label}
        </button>
    );
}
