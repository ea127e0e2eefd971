import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Span } from "../state/heights";
import { ListWindow } from "./ListWindow";

export interface WindowedList {
    readonly span: Span;
    readonly isAtBottom: boolean;
    readonly padding: { readonly paddingTop: string; readonly paddingBottom: string };
    scrollToBottom(): void;
    /** Brings a row to where it is read, if it is not at the end anyhow. */
    scrollToRow(key: string): void;
}

/** Of a long list only what is seen, and some around it; see ListWindow. */
export function useListWindow(
    scroller: RefObject<HTMLElement | null>,
    list: RefObject<HTMLElement | null>,
    keys: readonly string[],
): WindowedList {
    const window = useRef<ListWindow>(null);
    window.current ??= new ListWindow();
    const view = window.current;
    const [, rerender] = useState(0);
    const update = () => rerender((n) => n + 1);

    useMemo(() => view.heights.setRows(keys), [keys]);
    const span = view.place();

    useLayoutEffect(() => {
        if (view.settle(list.current!)) update();
    });

    useEffect(() => {
        const element = scroller.current!;
        view.scroller = element;
        const onScroll = () => {
            if (list.current && view.onScroll(list.current)) update();
        };
        const observer = new ResizeObserver(() => {
            view.onResize();
            if (list.current && view.settle(list.current)) update();
        });
        observer.observe(element);
        observer.observe(list.current!);
        element.addEventListener("scroll", onScroll, { passive: true });
        update();
        return () => {
            observer.disconnect();
            element.removeEventListener("scroll", onScroll);
        };
    }, []);

    return {
        span,
        isAtBottom: view.sticks,
        padding: view.padding(span),
        scrollToBottom() {
            view.stick();
            update();
        },
        scrollToRow(key) {
            view.hold(key);
            update();
        },
    };
}
