import type { ComponentChild, ComponentConstructor } from "preact";
import { Component } from "preact";

/** Renders again only when a prop changed. The component must not read signals: their changes would be skipped, too. */
export function memo<Props extends object>(view: (props: Props) => ComponentChild): ComponentConstructor<Props> {
    return class extends Component<Props> {
        override shouldComponentUpdate(next: Readonly<Props>): boolean {
            const names = Object.keys(next) as (keyof Props)[];
            return names.some((name) => next[name] !== this.props[name]);
        }

        override render(props: Props): ComponentChild {
            return view(props);
        }
    };
}
