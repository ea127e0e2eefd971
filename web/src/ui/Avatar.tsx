import { initials } from "../state/text";
import { avatarColor } from "./colors";

export function Avatar({ nick }: { nick: string }) {
    return (
        <span
            class={`grid size-9 shrink-0 place-items-center rounded-full text-xs font-bold select-none ${avatarColor(nick)}`}
            aria-hidden="true"
        >
            {initials(nick)}
        </span>
    );
}
