import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

/** Rounding and a half visible line still count as the bottom. */
const SLACK_PX = 40;

interface StickToBottom {
    isAtBottom: boolean;
    scrollToBottom(): void;
}

/** Keeps a scroller at its end while it is there already, whatever grows or shrinks; leaves it alone otherwise. */
export function useStickToBottom(scroller: RefObject<HTMLElement | null>, content: RefObject<HTMLElement | null>): StickToBottom {
    const [isAtBottom, setIsAtBottom] = useState(true);
    const sticks = useRef(true);

    function scrollToBottom(): void {
        sticks.current = true;
        setIsAtBottom(true);
        scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
    }

    useEffect(() => {
        const element = scroller.current!;
        function onScroll(): void {
            sticks.current = element.scrollHeight - element.scrollTop - element.clientHeight < SLACK_PX;
            setIsAtBottom(sticks.current);
        }
        const observer = new ResizeObserver(() => {
            if (sticks.current) scrollToBottom();
        });
        observer.observe(element);
        observer.observe(content.current!);
        element.addEventListener("scroll", onScroll, { passive: true });
        return () => {
            observer.disconnect();
            element.removeEventListener("scroll", onScroll);
        };
    }, []);

    useLayoutEffect(() => {
        if (sticks.current) scrollToBottom();
    });

    return { isAtBottom, scrollToBottom };
}
