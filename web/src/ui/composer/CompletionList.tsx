import type { Suggestion } from "../../state/completion";
import { Avatar } from "../Avatar";

export const COMPLETIONS_ID = "completions";

export function optionId(index: number): string {
    return `completion-${index}`;
}

interface Props {
    suggestions: readonly Suggestion[];
    active: number;
    onPick(index: number): void;
}

/** The focus stays in the composer, which names the active option. */
export function CompletionList({ suggestions, active, onPick }: Props) {
    return (
        <>
            {suggestions.length > 0 && (
                <ul
                    id={COMPLETIONS_ID}
                    role="listbox"
                    aria-label="Suggestions"
                    class="absolute inset-x-0 bottom-full z-20 mb-2 max-h-80 overflow-y-auto rounded-2xl border border-ink-600 bg-ink-850 p-1.5 shadow-xl shadow-black/50"
                    data-testid="completions"
                >
                    {suggestions.map((suggestion, index) => (
                        <li
                            key={suggestion.id}
                            id={optionId(index)}
                            role="option"
                            aria-selected={index === active}
                            class="flex min-h-10 cursor-pointer items-center gap-3 rounded-xl px-2.5 text-sm text-fog-100 hover:bg-ink-800 aria-selected:bg-ink-700 pointer-coarse:min-h-11"
                            // The composer must not lose the focus by the click.
                            onMouseDown={(event) => event.preventDefault()}
                            onClick={() => onPick(index)}
                            data-testid="completion"
                        >
                            {suggestion.symbol !== undefined && <span class="w-7 text-center text-xl">{suggestion.symbol}</span>}
                            {suggestion.insert.startsWith("@") && <Avatar nick={suggestion.label} />}
                            <bdi class="truncate font-medium">{suggestion.label}</bdi>
                            {suggestion.hint && <span class="min-w-0 truncate text-fog-300">{suggestion.hint}</span>}
                        </li>
                    ))}
                </ul>
            )}
            <span class="sr-only" role="status">
                {suggestions.length > 0 ? `${suggestions.length} suggestions` : ""}
            </span>
        </>
    );
}
