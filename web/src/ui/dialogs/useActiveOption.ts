import { useState } from "preact/hooks";

const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };

interface ActiveOption {
    readonly active: number;
    setActive(index: number): void;
    /** For the field that keeps the focus: arrows move, Enter picks. */
    onKeyDown(event: KeyboardEvent): void;
}

/** Which option of a list is the active one while the focus stays in a field. */
export function useActiveOption(count: number, onPick: (index: number) => void): ActiveOption {
    const [chosen, setActive] = useState(0);
    const active = Math.min(chosen, Math.max(0, count - 1));

    function onKeyDown(event: KeyboardEvent): void {
        const step = STEPS[event.key];
        if (event.isComposing || count === 0) return;
        if (step !== undefined) {
            event.preventDefault();
            setActive((active + step + count) % count);
        } else if (event.key === "Enter") {
            event.preventDefault();
            onPick(active);
        }
    }

    return { active, setActive, onKeyDown };
}
