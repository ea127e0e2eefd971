import { useComputed } from "@preact/signals";
import type { JSX } from "preact";
import { readRecentEmoji } from "../../emoji/recent";
import type { MessageActions } from "../../state/actions";
import type { SentEntry } from "../../state/timeline";
import { useDesk } from "../desk";
import { focusComposer } from "../focus";
import { PencilIcon, ReplyIcon, SmileIcon, TrashIcon } from "../tool_icons";
import { openOverlay } from "../overlay";
import { activeMessage } from "./active";
import { rove } from "./rove";

const QUICK = 3;

/** What can be done with a message. It is there while the message is under the mouse or has the focus. */
export function Toolbar({ entry }: { entry: SentEntry }) {
    const isActive = useComputed(() => activeMessage.value === entry.key).value;
    return isActive && !entry.deleted ? <Tools entry={entry} /> : null;
}

function Tools({ entry }: { entry: SentEntry }) {
    const { actions } = useDesk();
    const canChange = actions.canChange(entry);
    return (
        <div
            class={`absolute -top-8 z-10 flex rounded-xl border border-ink-600 bg-ink-850 p-0.5 shadow-lg shadow-black/40 pointer-coarse:-top-11 ${entry.own ? "right-0" : "left-0"}`}
            ref={makeOneStop}
            role="toolbar"
            aria-label={`What to do with the message of ${entry.from.nick}`}
            onKeyDown={rove}
            data-testid="message-tools"
        >
            {actions.canReact &&
                readRecentEmoji()
                    .slice(0, QUICK)
                    .map((char) => (
                        <Tool key={char} label={`React with ${char}`} onClick={() => actions.toggleReaction(entry, char)}>
                            <span class="text-lg">{char}</span>
                        </Tool>
                    ))}
            {actions.canReact && (
                <Tool label="React with another emoji" onClick={() => pickReaction(actions, entry)} testId="tool-react">
                    <SmileIcon />
                </Tool>
            )}
            <Tool label="Reply" onClick={() => (actions.reply(entry), focusComposer())} testId="tool-reply">
                <ReplyIcon />
            </Tool>
            {canChange && (
                <Tool label="Edit" onClick={() => (actions.edit(entry), focusComposer())} testId="tool-edit">
                    <PencilIcon />
                </Tool>
            )}
            {canChange && (
                <Tool label="Delete" onClick={() => openOverlay({ kind: "delete", entry })} testId="tool-delete">
                    <TrashIcon />
                </Tool>
            )}
        </div>
    );
}

/** One stop for Tab: the arrow keys do the rest. */
function makeOneStop(bar: HTMLElement | null): void {
    bar?.querySelectorAll("button").forEach((button, index) => (button.tabIndex = index === 0 ? 0 : -1));
}

export function pickReaction(actions: MessageActions, entry: SentEntry): void {
    openOverlay({
        kind: "emoji",
        label: "React",
        onPick(char) {
            // Whoever picks what is there already means to join in.
            const isMine = entry.reactions?.some(({ key, me }) => key === char && me) ?? false;
            if (!isMine) actions.toggleReaction(entry, char);
        },
    });
}

interface ToolProps {
    label: string;
    testId?: string;
    onClick(): void;
    children: JSX.Element;
}

function Tool({ label, testId, onClick, children }: ToolProps) {
    return (
        <button
            type="button"
            class="grid size-8 place-items-center rounded-lg text-fog-100 hover:bg-ink-700 pointer-coarse:size-11"
            aria-label={label}
            title={label}
            onClick={onClick}
            data-testid={testId}
        >
            {children}
        </button>
    );
}
