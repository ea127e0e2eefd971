export const COMPOSER_ID = "composer";

/** For buttons that vanish by being pressed: the focus must not vanish with them. */
export function focusComposer(): void {
    document.getElementById(COMPOSER_ID)?.focus();
}
