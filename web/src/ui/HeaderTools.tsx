import type { JSX } from "preact";
import { useDesk } from "./desk";
import { BellIcon, BellOffIcon, HelpIcon, SearchIcon } from "./tool_icons";
import type { Overlay } from "./overlay";
import { openOverlay } from "./overlay";

export function HeaderTools() {
    const { app, notifier } = useDesk();
    const level = notifier.levelOf(app.room.value);
    return (
        <>
            {app.hasFeature("search") && (
                <Tool kind="search" label="Search messages">
                    <SearchIcon />
                </Tool>
            )}
            <Tool kind="notify" label={`Notifications: ${level}`}>
                {level === "nothing" ? <BellOffIcon /> : <BellIcon />}
            </Tool>
            <Tool kind="shortcuts" label="Shortcuts" class="max-sm:hidden">
                <HelpIcon />
            </Tool>
        </>
    );
}

interface Props {
    kind: Extract<Overlay["kind"], "search" | "notify" | "shortcuts">;
    label: string;
    class?: string;
    children: JSX.Element;
}

function Tool({ kind, label, class: more = "", children }: Props) {
    return (
        <button
            type="button"
            class={`grid size-10 shrink-0 place-items-center rounded-xl text-fog-300 hover:bg-ink-800 hover:text-fog-50 pointer-coarse:size-11 ${more}`}
            aria-label={label}
            title={label}
            onClick={() => openOverlay({ kind })}
            data-testid={`open-${kind}`}
        >
            {children}
        </button>
    );
}
