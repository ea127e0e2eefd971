import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

const STEPS: Readonly<Record<string, (at: number, count: number) => number>> = {
    ArrowDown: (at, count) => (at + 1) % count,
    ArrowUp: (at, count) => (at - 1 + count) % count,
    Home: () => 0,
    End: (_, count) => count - 1,
};

interface Roving<Element extends HTMLElement> {
    readonly ref: RefObject<Element | null>;
    onKeyDown(event: KeyboardEvent): void;
    onFocusIn(event: FocusEvent): void;
}

/** One stop for the tabulator in a list of buttons marked `data-roving`; the arrows go from one to the next. */
export function useRoving<Element extends HTMLElement>(): Roving<Element> {
    const ref = useRef<Element>(null);
    const items = () => [...(ref.current?.querySelectorAll<HTMLElement>("[data-roving]") ?? [])];

    function stopAt(item: HTMLElement | undefined): void {
        for (const other of items()) other.tabIndex = other === item ? 0 : -1;
    }

    useLayoutEffect(() => {
        const all = items();
        const focused = all.find((item) => item === document.activeElement);
        stopAt(focused ?? all.find((item) => item.ariaCurrent) ?? all.find((item) => item.tabIndex === 0) ?? all[0]);
    });

    return {
        ref,
        onKeyDown(event) {
            const all = items();
            const step = STEPS[event.key];
            const at = all.indexOf(document.activeElement as HTMLElement);
            if (!step || at < 0) return;
            event.preventDefault();
            all[step(at, all.length)]?.focus();
        },
        onFocusIn(event) {
            const item = (event.target as HTMLElement).closest<HTMLElement>("[data-roving]");
            if (item) stopAt(item);
        },
    };
}
