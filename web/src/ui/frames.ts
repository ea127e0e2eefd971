import { options } from "preact";

const HIDDEN_MS = 200;

/**
 * Makes Preact render at most once a frame, however fast messages arrive. The timer serves hidden pages, which get no
 * frames.
 */
export function renderPerFrame(): void {
    options.debounceRendering = (render) => {
        const timer = setTimeout(render, HIDDEN_MS);
        requestAnimationFrame(() => {
            clearTimeout(timer);
            render();
        });
    };
}
