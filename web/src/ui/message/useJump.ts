import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import type { RoomState } from "../../state/room";
import { useDesk } from "../desk";

const FRAMES = 30;

/** Brings the row into view that somebody jumps to, and gives its message the focus. */
export function useJump(
    room: RoomState,
    keys: readonly string[],
    list: RefObject<HTMLElement | null>,
    scrollToRow: (key: string) => void,
): void {
    const { target } = useDesk().actions;
    const wanted = target.value?.room === room.name ? target.value : undefined;

    useEffect(() => {
        if (!wanted || !keys.includes(wanted.key)) return;
        target.value = undefined;
        scrollToRow(wanted.key);
        focusSoon(list, wanted.key);
    }, [wanted, keys]);
}

/** The row is rendered some frames after it is scrolled to. */
function focusSoon(list: RefObject<HTMLElement | null>, key: string, frames = FRAMES): void {
    const message = list.current?.querySelector<HTMLElement>(`[data-message-key="${CSS.escape(key)}"]`);
    if (message) message.focus({ preventScroll: true });
    else if (frames > 0) requestAnimationFrame(() => focusSoon(list, key, frames - 1));
}
