export type Cancel = () => void;

/** Time and chance, handed in so that tests can decide both. */
export interface Clock {
    now(): number;
    after(ms: number, run: () => void): Cancel;
    random(): number;
}

// Browsers and Node have both; the types of neither are needed for it.
declare function setTimeout(run: () => void, ms: number): unknown;
declare function clearTimeout(timer: unknown): void;

export const systemClock: Clock = {
    now: () => Date.now(),
    after(ms, run) {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
    },
    random: () => Math.random(),
};
