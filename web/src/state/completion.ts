import { foldNick } from "../markup/mentions";

export type TriggerKind = "mention" | "emoji" | "command";

/** What is being written at the caret, and may be completed: `from` is where its first character stands. */
export interface Trigger {
    readonly kind: TriggerKind;
    readonly from: number;
    readonly query: string;
}

export interface Suggestion {
    readonly id: string;
    /** What takes the place of what was written, without the space behind it. */
    readonly insert: string;
    readonly label: string;
    readonly hint?: string;
    /** An emoji, to be shown before the label. */
    readonly symbol?: string;
}

export const MOST_SUGGESTIONS = 8;
const FEWEST_EMOJI_LETTERS = 2;

const COMMAND = /^\/(?!\/)(\S*)$/;
const MENTION = /(?:^|[^\p{L}\p{N}\p{M}_])@([\p{L}\p{N}\p{M}_.-]{0,64})$/u;
const EMOJI = /(?:^|[^\p{L}\p{N}:]):([a-z0-9_+-]{0,32})$/iu;

export function triggerAt(text: string, caret: number): Trigger | undefined {
    const before = text.slice(Math.max(0, caret - 100), caret);
    const found = (kind: TriggerKind, query: string) => ({ kind, query, from: caret - query.length - 1 });
    const command = caret <= 100 ? COMMAND.exec(before)?.[1] : undefined;
    if (command !== undefined) return found("command", command);
    const mention = MENTION.exec(before)?.[1];
    if (mention !== undefined) return found("mention", mention);
    const emoji = EMOJI.exec(before)?.[1];
    return emoji !== undefined && emoji.length >= FEWEST_EMOJI_LETTERS ? found("emoji", emoji) : undefined;
}

/** The text, and where the caret goes. */
export function complete(text: string, caret: number, { from }: Trigger, { insert }: Suggestion): [string, number] {
    const after = text.slice(caret);
    const space = /^\s/.test(after) ? "" : " ";
    const caretAfter = from + insert.length + 1;
    return [text.slice(0, from) + insert + space + after, caretAfter];
}

export interface Nameable {
    readonly id: string;
    readonly nick: string;
}

/** Names that begin with `query` before those that contain it; `recent` names first, the latest at the front. */
export function suggestPeople(people: readonly Nameable[], query: string, recent: readonly string[]): Suggestion[] {
    const wanted = foldNick(query);
    const rank = ({ id, nick }: Nameable) => {
        const at = recent.indexOf(id);
        return (foldNick(nick).startsWith(wanted) ? 0 : 10_000) + (at < 0 ? 5_000 : at);
    };
    return people
        .filter(({ nick }) => foldNick(nick).includes(wanted))
        .map((person) => ({ person, rank: rank(person) }))
        .sort((a, b) => a.rank - b.rank || a.person.nick.localeCompare(b.person.nick))
        .slice(0, MOST_SUGGESTIONS)
        .map(({ person: { id, nick } }) => ({ id, insert: `@${nick}`, label: nick }));
}

export interface Command {
    readonly name: string;
    readonly usage: string;
    readonly help: string;
}

export function suggestCommands(commands: readonly Command[], query: string): Suggestion[] {
    const wanted = query.toLowerCase();
    return commands
        .filter(({ name }) => name.toLowerCase().startsWith(wanted))
        .slice(0, MOST_SUGGESTIONS)
        .map(({ name, usage, help }) => ({
            id: name,
            insert: `/${name}`,
            label: usage === "" ? `/${name}` : `/${name} ${usage}`,
            hint: help,
        }));
}
