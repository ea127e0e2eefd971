import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

/** A component that is loaded when it is first shown; until then there is nothing. */
export function lazy<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
    let loaded: ComponentType<Props> | undefined;
    return function Lazy(props: Props) {
        const [, rerender] = useState(0);
        useEffect(() => {
            if (loaded) return;
            let isThere = true;
            void load().then((component) => {
                loaded = component;
                if (isThere) rerender(1);
            });
            return () => {
                isThere = false;
            };
        }, []);
        const Component = loaded;
        return Component ? <Component {...props} /> : null;
    };
}
