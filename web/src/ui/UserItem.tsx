import type { User } from "../client/types";
import { Avatar } from "./Avatar";
import { BotBadge } from "./BotBadge";
import { memo } from "./memo";

interface Props {
    user: User;
    isMe: boolean;
}

export const UserItem = memo(({ user, isMe }: Props) => (
    <li
        class="flex items-center gap-3 rounded-xl px-2 py-1.5 hover:bg-ink-800"
        data-testid="user"
        data-nick={user.nick}
    >
        <span class="relative">
            <Avatar nick={user.nick} />
            <span class="absolute right-0 bottom-0 size-2.5 rounded-full bg-emerald-400 ring-3 ring-ink-850" />
        </span>
        <span class="min-w-0 truncate text-sm font-medium" title={user.nick}>
            {user.nick}
        </span>
        {isMe && <span class="-ml-1.5 shrink-0 text-sm text-fog-400">(you)</span>}
        {user.bot && <BotBadge />}
        <span class="sr-only">online</span>
    </li>
));
