import { useEffect, useState } from "preact/hooks";

function secondsUntil(time: number): number {
    return Math.max(0, Math.ceil((time - Date.now()) / 1000));
}

/** Whole seconds left until `time`, counting down. */
export function useSecondsUntil(time: number): number {
    const [seconds, setSeconds] = useState(() => secondsUntil(time));
    useEffect(() => {
        setSeconds(secondsUntil(time));
        const timer = setInterval(() => setSeconds(secondsUntil(time)), 250);
        return () => clearInterval(timer);
    }, [time]);
    return seconds;
}
