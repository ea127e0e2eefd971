import { signal } from "@preact/signals";
import type { SentEntry } from "../state/timeline";

/** What is shown above the page: one thing at a time. */
export type Overlay =
    | { readonly kind: "emoji"; readonly label: string; onPick(char: string): void }
    | { readonly kind: "delete"; readonly entry: SentEntry }
    | { readonly kind: "search" | "switcher" | "shortcuts" | "notify" };

export const overlay = signal<Overlay | undefined>(undefined);

export function openOverlay(next: Overlay): void {
    overlay.value = next;
}

export function closeOverlay(): void {
    overlay.value = undefined;
}
