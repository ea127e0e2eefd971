import type { PollEntry } from "../../state/timeline";
import { shares } from "../../state/polls";
import { useDesk } from "../desk";
import { formatFullTime, formatTime } from "../time";

/** A question to the room: its choices are buttons while it is open. */
export function PollCard({ entry }: { entry: PollEntry }) {
    const { app, actions } = useDesk();
    const { question, from, result, mine } = app.room.value.polls.value.get(entry.poll) ?? {};
    if (!question) return null;
    const votes = question.choices.map((_, index) => result?.votes[index] ?? 0);
    const isOpen = !(result?.ended ?? false);
    const all = votes.reduce((sum, count) => sum + count, 0);
    const most = Math.max(...votes);
    const percents = shares(votes);
    const canEnd = isOpen && from !== undefined && from.id === app.me.value?.id;

    return (
        <section
            class="mt-4 max-w-[min(32rem,100%)] rounded-2xl border border-ink-600/70 bg-ink-850 p-4 sm:ml-12"
            aria-label={`Poll: ${question.question}`}
            data-testid="poll"
            data-ended={!isOpen}
        >
            <p class="text-xs text-fog-300">
                {from && <bdi class="font-semibold text-fog-100">{from.nick}</bdi>} {from ? "asks" : "Poll"} ·{" "}
                <time dateTime={new Date(entry.ts).toISOString()} title={formatFullTime(entry.ts)}>
                    {formatTime(entry.ts)}
                </time>
            </p>
            <p dir="auto" class="mt-1 font-semibold wrap-anywhere text-fog-50">
                {question.question}
            </p>
            <ul class="mt-3 space-y-1.5">
                {question.choices.map((choice, index) => (
                    <li key={index}>
                        <button
                            type="button"
                            class="relative flex min-h-11 w-full items-center gap-3 overflow-hidden rounded-xl border border-ink-600 px-3 py-1.5 text-left text-sm text-fog-50 enabled:hover:border-accent-400 aria-pressed:border-accent-400"
                            aria-pressed={mine === index}
                            disabled={!isOpen}
                            onClick={() => void actions.vote(entry.poll, index)}
                            data-testid="poll-choice"
                        >
                            <span
                                class="absolute inset-y-0 left-0 bg-accent-700/45 motion-safe:transition-[width]"
                                style={{ width: `${percents[index]}%` }}
                            />
                            <span dir="auto" class="relative min-w-0 flex-1 wrap-anywhere">
                                {mine === index && <span aria-hidden="true">✓ </span>}
                                {choice}
                                {!isOpen && all > 0 && votes[index] === most && <strong> · most votes</strong>}
                            </span>
                            <span class="relative shrink-0 text-xs tabular-nums text-fog-100">
                                {votes[index]} <span class="sr-only">{votes[index] === 1 ? "vote" : "votes"}, </span>
                                <span class="text-fog-300">{percents[index]}%</span>
                            </span>
                        </button>
                    </li>
                ))}
            </ul>
            <p class="mt-2.5 flex min-h-6 flex-wrap items-center justify-between gap-2 text-xs text-fog-300">
                <span>
                    {all === 1 ? "1 vote" : `${all} votes`} · {isOpen ? `open until ${formatTime(question.ends)}` : "over"}
                </span>
                {canEnd && (
                    <button
                        type="button"
                        class="rounded-lg px-2 py-1 font-semibold text-accent-300 hover:bg-ink-700 pointer-coarse:h-11"
                        onClick={() => void actions.endPoll(entry.poll)}
                        data-testid="poll-end"
                    >
                        End it
                    </button>
                )}
            </p>
        </section>
    );
}
