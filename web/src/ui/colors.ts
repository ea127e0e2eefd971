import { hashOf } from "../state/text";

// Whole class names, because Tailwind finds classes by reading the source.
const AVATARS = [
    "bg-rose-300 text-rose-950",
    "bg-orange-300 text-orange-950",
    "bg-amber-300 text-amber-950",
    "bg-lime-300 text-lime-950",
    "bg-emerald-300 text-emerald-950",
    "bg-teal-300 text-teal-950",
    "bg-sky-300 text-sky-950",
    "bg-indigo-300 text-indigo-950",
    "bg-fuchsia-300 text-fuchsia-950",
    "bg-pink-300 text-pink-950",
] as const;

const NAMES = [
    "text-rose-300",
    "text-orange-300",
    "text-amber-300",
    "text-lime-300",
    "text-emerald-300",
    "text-teal-300",
    "text-sky-300",
    "text-indigo-300",
    "text-fuchsia-300",
    "text-pink-300",
] as const;

export function avatarColor(nick: string): string {
    return AVATARS[hashOf(nick, AVATARS.length)]!;
}

export function nameColor(nick: string): string {
    return NAMES[hashOf(nick, NAMES.length)]!;
}
