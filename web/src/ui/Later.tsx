import { signal } from "@preact/signals";
import type { ComponentChildren, ComponentType } from "preact";
import type { ChatApp } from "../state/app";

export type Parts = typeof import("./parts");

/** What nobody needs to see the page: loaded when it is shown, so that it is there sooner. */
export const parts = signal<Parts | undefined>(undefined);

let isLoading = false;

/** A failed try, as without a connection, is made again at the next occasion. */
export function loadParts(app: ChatApp): void {
    if (isLoading || parts.peek()) return;
    isLoading = true;
    import("./parts")
        .then((loaded) => {
            loaded.begin(app);
            parts.value = loaded;
        })
        .catch(() => {})
        .finally(() => (isLoading = false));
}

interface Props<P extends object> {
    part(parts: Parts): ComponentType<P>;
    props: P;
    /** What stands there until then. */
    children?: ComponentChildren;
}

export function Later<P extends object>({ part, props, children }: Props<P>) {
    const Part = parts.value && part(parts.value);
    return Part ? <Part {...props} /> : <>{children}</>;
}
