import { useState } from "preact/hooks";

const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };

interface ActiveOption {
    readonly active: number;
    setActive(index: number): void;
    /** For the field that keeps the focus: arrows move, Enter picks. */
    onKeyDown(event: KeyboardEvent): void;
}

/** Which option of a list is the active one while the focus stays in a field. */
export function useActiveOption(
    query: string,
    count: number,
    onPick: (index: number) => void,
    onOutdated?: (query: string) => void,
): ActiveOption {
    const [chosen, setActive] = useState(0);
    const active = Math.min(chosen, Math.max(0, count - 1));

    function onKeyDown(event: KeyboardEvent): void {
        const now = (event.currentTarget as HTMLInputElement).value;
        const step = STEPS[event.key];
        if (event.isComposing) return;
        if (step !== undefined && count > 0) {
            event.preventDefault();
            setActive((active + step + count) % count);
        } else if (event.key === "Enter") {
            event.preventDefault();
            // Typed faster than frames come: what the list shows is not what was asked for.
            if (now !== query) onOutdated?.(now);
            else if (count > 0) onPick(active);
        }
    }

    return { active, setActive, onKeyDown };
}
