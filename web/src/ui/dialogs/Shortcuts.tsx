import { Dialog } from "./Dialog";

const GROUPS: readonly { name: string; keys: readonly (readonly [string, string])[] }[] = [
    {
        name: "Anywhere",
        keys: [
            ["Ctrl K", "Go to a room or a person"],
            ["Ctrl Shift F", "Search messages"],
            ["?", "This sheet"],
            ["Escape", "Back to writing"],
        ],
    },
    {
        name: "Writing",
        keys: [
            ["Enter", "Send"],
            ["Shift Enter", "New line"],
            ["↑", "Edit your last message, when nothing is written"],
            ["@  :  /", "Complete a name, an emoji, a command"],
            ["Tab", "Take what is offered"],
        ],
    },
    {
        name: "Messages",
        keys: [
            ["Shift Tab", "From writing to the messages"],
            ["↑ ↓", "From message to message"],
            ["R", "Reply"],
            ["+", "React"],
            ["E", "Edit"],
            ["Delete", "Delete"],
            ["Enter", "What can be done with a message"],
        ],
    },
    {
        name: "Markup",
        keys: [
            ["**bold**", "bold"],
            ["*italic*", "italic"],
            ["~~gone~~", "struck through"],
            ["`code`", "code; three of them, on lines of their own, for more lines"],
            ["> quote", "quote"],
        ],
    },
];

export function Shortcuts() {
    return (
        <Dialog title="Shortcuts" testId="shortcuts">
            <div class="min-h-0 overflow-y-auto px-5 pb-5" tabIndex={0} role="region" aria-label="Shortcuts">
                {GROUPS.map(({ name, keys }) => (
                    <section key={name}>
                        <h3 class="mt-3 mb-1 text-sm font-semibold text-accent-300">{name}</h3>
                        <dl class="grid grid-cols-[auto_1fr] items-baseline gap-x-4 gap-y-1.5 text-sm">
                            {keys.map(([key, text]) => (
                                <>
                                    <dt>
                                        <kbd class="rounded-md border border-ink-600 bg-ink-800 px-1.5 py-0.5 font-mono text-xs text-fog-100">
                                            {key}
                                        </kbd>
                                    </dt>
                                    <dd class="text-fog-300">{text}</dd>
                                </>
                            ))}
                        </dl>
                    </section>
                ))}
            </div>
        </Dialog>
    );
}
