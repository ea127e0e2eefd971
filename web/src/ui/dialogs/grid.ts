/** The arrow keys among the buttons of a grid that may have headings in between; up from the first row leaves it. */
export function moveInGrid(event: KeyboardEvent, grid: HTMLElement): void {
    const buttons = [...grid.querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const current = buttons[at];
    if (!current) return;
    const target = targetOf(event.key, buttons, at);
    if (target === undefined) return;
    event.preventDefault();
    if (target === "out") grid.closest("dialog")?.querySelector("input")?.focus();
    else {
        target.focus();
        target.scrollIntoView({ block: "nearest" });
    }
}

type Target = HTMLButtonElement | "out" | undefined;

function targetOf(key: string, buttons: readonly HTMLButtonElement[], at: number): Target {
    switch (key) {
        case "ArrowRight":
            return buttons[at + 1] ?? buttons[at];
        case "ArrowLeft":
            return buttons[at - 1] ?? "out";
        case "Home":
            return buttons[0];
        case "End":
            return buttons.at(-1);
        case "ArrowDown":
            return inNextRow(buttons.slice(at + 1), buttons[at]!) ?? buttons[at];
        case "ArrowUp":
            return inNextRow(buttons.slice(0, at).reverse(), buttons[at]!) ?? "out";
        default:
            return undefined;
    }
}

/** Of the first row in `candidates` that is not the row of `current`, what stands nearest to it. */
function inNextRow(candidates: readonly HTMLButtonElement[], current: HTMLButtonElement): HTMLButtonElement | undefined {
    const { offsetTop, offsetLeft } = current;
    const next = candidates.find((button) => button.offsetTop !== offsetTop);
    const row = next ? candidates.filter((button) => button.offsetTop === next.offsetTop) : [];
    const distance = (button: HTMLButtonElement) => Math.abs(button.offsetLeft - offsetLeft);
    return row.reduce<HTMLButtonElement | undefined>(
        (best, button) => (best && distance(best) <= distance(button) ? best : button),
        undefined,
    );
}
