import type { Clock } from "./clock";

/** Makes keys for messages: enough chance that no two sessions of a user ever make the same one. */
export function cids(clock: Clock): () => string {
    const start = clock.now().toString(36);
    let n = 0;
    const chance = () => Math.floor(clock.random() * 2 ** 52).toString(36);
    return () => `${start}-${chance()}${chance()}-${(++n).toString(36)}`;
}
