import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

/** The server may be away just then. */
const AGAIN_MS = 2_000;

/** A component that is loaded when it is first shown; until then there is nothing. */
export function lazy<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
    let loaded: ComponentType<Props> | undefined;
    return function Lazy(props: Props) {
        const [, rerender] = useState(0);
        useEffect(() => {
            if (loaded) return;
            let isThere = true;
            const tryToLoad = () => {
                if (isThere) load().then(show, () => setTimeout(tryToLoad, AGAIN_MS));
            };
            const show = (component: ComponentType<Props>) => {
                loaded = component;
                if (isThere) rerender(1);
            };
            tryToLoad();
            return () => {
                isThere = false;
            };
        }, []);
        const Component = loaded;
        return Component ? <Component {...props} /> : null;
    };
}
