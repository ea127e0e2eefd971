const clockTime = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const fullTime = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

export function formatTime(ts: number): string {
    return clockTime.format(ts);
}

export function formatFullTime(ts: number): string {
    return fullTime.format(ts);
}

const thisYear = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const otherYear = new Intl.DateTimeFormat(undefined, { dateStyle: "long" });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

/** "Today", "yesterday", and so on back; in the language of the browser. */
export function formatDay(ts: number, now = Date.now()): string {
    const day = new Date(ts);
    const today = new Date(now);
    const ago = Math.round((startOf(today) - startOf(day)) / 86_400_000);
    if (ago === 0 || ago === 1) return capitalised(relative.format(-ago, "day"));
    return (day.getFullYear() === today.getFullYear() ? thisYear : otherYear).format(ts);
}

function startOf(date: Date): number {
    return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

function capitalised(text: string): string {
    return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
