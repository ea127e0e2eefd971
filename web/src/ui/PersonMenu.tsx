import { useLayoutEffect, useRef } from "preact/hooks";
import { ChatError } from "../client/errors";
import type { User } from "../client/types";
import { useApp } from "./context";
import { closeDrawer, PEOPLE_ID } from "./drawers";
import { focusComposer } from "./focus";
import { useRoving } from "./useRoving";

interface Props {
    user: User;
    /** What was pressed: the menu opens beside it, and the focus returns to it. */
    at: HTMLElement;
    onClose(): void;
}

const GAP_PX = 4;

export function PersonMenu({ user, at, onClose }: Props) {
    const app = useApp();
    const roving = useRoving<HTMLDivElement>();
    const isDone = useRef(false);
    const canWrite = app.hasFeature("direct") && user.id !== app.me.value?.id && !user.bot;

    useLayoutEffect(() => {
        const menu = roving.ref.current!;
        menu.showPopover();
        const place = at.getBoundingClientRect();
        const top = Math.min(place.bottom + GAP_PX, innerHeight - menu.offsetHeight - GAP_PX);
        const left = Math.min(place.left, innerWidth - menu.offsetWidth - GAP_PX);
        menu.style.top = `${top}px`;
        menu.style.left = `${left}px`;
        menu.querySelector<HTMLElement>("[data-roving]")?.focus();
    }, [at]);

    function choose(action: () => void): void {
        isDone.current = true;
        roving.ref.current?.hidePopover();
        closeDrawer(PEOPLE_ID);
        action();
        focusComposer();
    }

    async function write(): Promise<void> {
        try {
            await app.openDirect(user);
        } catch (error) {
            if (!(error instanceof ChatError)) throw error;
            app.tell(error.message);
        }
    }

    return (
        <div
            ref={roving.ref}
            popover="auto"
            role="menu"
            aria-label={user.nick}
            class="fixed m-0 w-52 rounded-xl border border-ink-600 bg-ink-800 p-1.5 text-fog-100 shadow-xl shadow-black/50"
            onKeyDown={(event) => {
                if (event.key === "Tab") roving.ref.current?.hidePopover();
                else roving.onKeyDown(event);
                event.stopPropagation();
            }}
            onToggle={(event) => {
                if (event.newState !== "closed") return;
                if (!isDone.current) at.focus();
                onClose();
            }}
            data-testid="person-menu"
        >
            <p class="truncate px-3 pt-1 pb-2 text-sm font-semibold text-fog-50" role="presentation">
                {user.nick}
            </p>
            {canWrite && <Item label="Send a direct message" onChoose={() => choose(() => void write())} name="direct" />}
            <Item label="Mention" onChoose={() => choose(() => app.mention(user.nick))} name="mention" />
        </div>
    );
}

function Item({ label, name, onChoose }: { label: string; name: string; onChoose(): void }) {
    return (
        <button
            type="button"
            role="menuitem"
            class="flex min-h-9 w-full items-center rounded-lg px-3 text-left text-sm hover:bg-ink-700 focus-visible:bg-ink-700 max-md:min-h-11"
            onClick={onChoose}
            data-roving
            data-testid={`person-${name}`}
        >
            {label}
        </button>
    );
}
