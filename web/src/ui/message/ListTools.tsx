import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import type { RoomState } from "../../state/room";
import { useDesk } from "../desk";
import { activateAt, deactivateOutside } from "./active";
import { messageKeys } from "./keys";
import { useJump } from "./useJump";

interface Props {
    room: RoomState;
    keys: readonly string[];
    scroller: RefObject<HTMLElement | null>;
    scrollToRow(key: string): void;
}

/** What the mouse and the keys do in the list of messages. */
export function ListTools({ room, keys, scroller, scrollToRow }: Props) {
    const desk = useDesk();
    useJump(room, keys, scroller, scrollToRow);

    useEffect(() => {
        const list = scroller.current!;
        const onKeyDown = messageKeys(desk, list);
        const onOver = (event: Event) => activateAt(event.target);
        const onLeave = () => deactivateOutside(document.activeElement);
        const onFocusOut = ({ relatedTarget }: FocusEvent) => deactivateOutside(relatedTarget);
        list.addEventListener("keydown", onKeyDown);
        list.addEventListener("pointerover", onOver);
        list.addEventListener("focusin", onOver);
        list.addEventListener("pointerleave", onLeave);
        list.addEventListener("focusout", onFocusOut);
        return () => {
            list.removeEventListener("keydown", onKeyDown);
            list.removeEventListener("pointerover", onOver);
            list.removeEventListener("focusin", onOver);
            list.removeEventListener("pointerleave", onLeave);
            list.removeEventListener("focusout", onFocusOut);
        };
    }, []);
    return null;
}
