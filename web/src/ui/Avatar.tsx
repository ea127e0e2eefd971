import { initials } from "../state/text";
import { avatarColor } from "./colors";

export function Avatar({ nick, small = false }: { nick: string; small?: boolean }) {
    return (
        <span
            class={`grid ${small ? "size-6 text-[0.625rem]" : "size-9 text-xs"} shrink-0 place-items-center rounded-full font-bold select-none ${avatarColor(nick)}`}
            aria-hidden="true"
        >
            {initials(nick)}
        </span>
    );
}
