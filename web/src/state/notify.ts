export const NOTIFY_LEVELS = ["all", "mentions", "nothing"] as const;

export type NotifyLevel = (typeof NOTIFY_LEVELS)[number];

export type NotifySettings = Readonly<Record<string, NotifyLevel>>;

/** What was stored may be of another version, or anybody's. */
export function decodeNotifySettings(value: unknown): NotifySettings {
    if (typeof value !== "object" || value === null) return {};
    const isLevel = (level: unknown): level is NotifyLevel => NOTIFY_LEVELS.includes(level as NotifyLevel);
    return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, NotifyLevel] => isLevel(entry[1])));
}

/** A message to one person is meant for them; one to a room when it names them. */
export function levelOf(settings: NotifySettings, room: string, isDirect: boolean): NotifyLevel {
    return settings[room] ?? (isDirect ? "all" : "mentions");
}

export interface Incoming {
    readonly isOwn: boolean;
    readonly isMention: boolean;
    /** It is seen anyway. */
    readonly isSeen: boolean;
}

export function isToldAbout(level: NotifyLevel, { isOwn, isMention, isSeen }: Incoming): boolean {
    if (isOwn || isSeen) return false;
    return level === "all" || (level === "mentions" && isMention);
}
