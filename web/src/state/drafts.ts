import { isObject } from "../client/frame";

/** Where drafts outlive the page, by room. */
export interface DraftStore {
    read(): Readonly<Record<string, string>>;
    write(room: string, text: string): void;
}

export function draftsInMemory(): DraftStore {
    const drafts: Record<string, string> = {};
    return {
        read: () => drafts,
        write: (room, text) => {
            drafts[room] = text;
        },
    };
}

/** What was stored may be of another version, or anybody's. */
export function decodeDrafts(value: unknown): Record<string, string> {
    if (!isObject(value)) return {};
    const drafts = Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string");
    return Object.fromEntries(drafts);
}
