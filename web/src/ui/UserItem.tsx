import type { User } from "../client/types";
import { Avatar } from "./Avatar";
import { BotBadge } from "./BotBadge";
import { StatusDot } from "./StatusDot";
import { memo } from "./memo";

interface Props {
    user: User;
    isMe: boolean;
    isHere: boolean;
    onChoose(choice: { user: User; at: HTMLElement }): void;
}

export const UserItem = memo(({ user, isMe, isHere, onChoose }: Props) => (
    <li data-testid={isHere ? "user" : "gone"} data-nick={user.nick}>
        <button
            type="button"
            class={`flex w-full items-center gap-3 rounded-lg px-2 py-1.5 text-left [contain-intrinsic-size:auto_3rem] [content-visibility:auto] hover:bg-ink-800 ${isHere ? "" : "text-fog-400"}`}
            aria-haspopup="menu"
            title={user.nick}
            onClick={(event) => onChoose({ user, at: event.currentTarget })}
            data-roving
        >
            <span class="relative">
                <Avatar nick={user.nick} />
                <StatusDot isHere={isHere} />
            </span>
            <span class="min-w-0 truncate text-sm font-medium">{user.nick}</span>
            {isMe && <span class="-ml-1.5 shrink-0 text-sm text-fog-400">(you)</span>}
            {user.bot && <BotBadge />}
        </button>
    </li>
));
