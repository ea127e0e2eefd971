const clockTime = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const fullTime = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

export function formatTime(ts: number): string {
    return clockTime.format(ts);
}

export function formatFullTime(ts: number): string {
    return fullTime.format(ts);
}
