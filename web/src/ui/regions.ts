// F6 goes from one part of the page to the next, as in other programs with several panes.

const FOCUSABLE = "textarea, input, button, a[href], [tabindex='0']";

function focusIn(region: HTMLElement): boolean {
    const target =
        region.tabIndex === 0
            ? region
            : (region.querySelector<HTMLElement>("[data-roving][tabindex='0']") ??
              region.querySelector<HTMLElement>(FOCUSABLE));
    target?.focus();
    return target !== null && target === document.activeElement;
}

function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== "F6" || document.querySelector("dialog:modal")) return;
    event.preventDefault();
    const regions = [...document.querySelectorAll<HTMLElement>("[data-region]")];
    const at = regions.findIndex((region) => region.contains(document.activeElement));
    const step = event.shiftKey ? -1 : 1;
    // What is hidden does not take the focus; then it is the next one's.
    for (let i = 1; i <= regions.length; i++) {
        const next = regions.at((Math.max(at, 0) + step * i) % regions.length);
        if (next && focusIn(next)) return;
    }
}

export function listenForF6(): void {
    addEventListener("keydown", onKeyDown);
}
