import { mentions } from "../markup/mentions";
import type { MessageEntry } from "../state/timeline";
import { Avatar } from "./Avatar";
import { FailedActions } from "./FailedActions";
import type { Parts } from "./Later";
import { Later } from "./Later";
import { MessageHead } from "./MessageHead";
import { ClockIcon } from "./icons";
import { memo } from "./memo";
import { formatFullTime, formatTime } from "./time";

interface Props {
    entry: MessageEntry;
    /** Whether the message above is by the same author and recent: then name, time and avatar are not repeated. */
    continues: boolean;
    myNick: string;
}

function bubbleClass({ own, status }: MessageEntry, continues: boolean): string {
    const corner = continues ? "" : own ? "rounded-tr-md" : "rounded-tl-md";
    return `${corner} ${bubbleColor(own, status)}`;
}

function bubbleColor(own: boolean, status: MessageEntry["status"]): string {
    if (status === "failed") return "border border-rose-400/60 bg-rose-950/40 text-fog-50";
    if (status === "pending" || status === "unconfirmed") return "bg-accent-700/45 text-fog-100";
    return own ? "bg-accent-600 text-white" : "bg-ink-700 text-fog-50";
}

const replyQuote = (parts: Parts) => parts.ReplyQuote;
const toolbar = (parts: Parts) => parts.Toolbar;
const reactions = (parts: Parts) => parts.Reactions;
const body = (parts: Parts) => parts.MessageBody;

function Text(props: { text: string; myNick: string }) {
    return (
        <Later part={body} props={props}>
            <p dir="auto" class="whitespace-pre-wrap">
                {props.text}
            </p>
        </Later>
    );
}

export const MessageItem = memo(({ entry, continues, myNick }: Props) => {
    const { own, from, ts, text, status } = entry;
    const isDeleted = status === "sent" && entry.deleted === true;
    const isMention = !own && !isDeleted && mentions(text, myNick);
    const isEdited = status === "sent" && entry.edited !== undefined;
    return (
        <div
            class={`group flex gap-3 rounded-md ${own ? "flex-row-reverse" : ""} ${continues ? "mt-0.5" : "mt-4"} ${isMention ? "bg-amber-300/10 shadow-[inset_3px_0] shadow-amber-300" : ""}`}
            tabIndex={-1}
            data-message-key={entry.key}
            data-testid="message"
            data-seq={status === "sent" ? entry.seq : undefined}
            data-own={own}
            data-status={status}
            data-mention={isMention || undefined}
            data-deleted={isDeleted || undefined}
            data-edited={isEdited || undefined}
        >
            {!own && (continues ? <span class="w-9 shrink-0" /> : <Avatar nick={from.nick} />)}
            <div class={`flex max-w-[min(40rem,85%)] min-w-0 flex-col ${own ? "items-end" : "items-start"}`}>
                {continues ? <span class="sr-only">{from.nick}</span> : <MessageHead entry={entry} />}
                {entry.replyTo !== undefined && <Later part={replyQuote} props={{ seq: entry.replyTo }} />}
                <div class={`relative flex max-w-full items-center gap-2 ${own ? "flex-row-reverse" : ""}`}>
                    {status === "sent" && <Later part={toolbar} props={{ entry }} />}
                    <div
                        class={`min-w-0 rounded-2xl px-3.5 py-2 text-[0.9375rem] leading-snug wrap-anywhere transition-colors ${bubbleClass(entry, continues)}`}
                        data-testid="message-text"
                    >
                        {isDeleted ? <i class="opacity-70">message deleted</i> : <Text text={text} myNick={myNick} />}
                    </div>
                    {isEdited && <span class="text-[0.6875rem] text-fog-400">edited</span>}
                    <Waiting status={status} />
                    {continues && status === "sent" && (
                        <time
                            class="text-[0.6875rem] text-fog-400 opacity-0 group-hover:opacity-100 max-sm:hidden"
                            dateTime={new Date(ts).toISOString()}
                            title={formatFullTime(ts)}
                        >
                            {formatTime(ts)}
                        </time>
                    )}
                </div>
                {status === "sent" && entry.reactions && <Later part={reactions} props={{ entry }} />}
                {status === "failed" && <FailedActions entry={entry} reason={entry.reason} />}
            </div>
        </div>
    );
});

function Waiting({ status }: { status: MessageEntry["status"] }) {
    if (status !== "pending" && status !== "unconfirmed") return null;
    const isUnsure = status === "unconfirmed";
    return (
        <span
            class="flex shrink-0 items-center gap-1 text-[0.6875rem] text-fog-300 [&_svg]:size-3.5"
            title={isUnsure ? "Sent, but not confirmed by the server yet. It will not appear twice." : "Sending…"}
        >
            <ClockIcon />
            <span class={isUnsure ? "" : "sr-only"}>{isUnsure ? "Not confirmed" : "Sending…"}</span>
        </span>
    );
}
