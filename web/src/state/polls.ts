import type { OpenPoll, Poll, PollResult, Question, RoomEvent } from "../client/room_events";
import type { User } from "../client/types";

interface Result {
    /** As of this number of the room: pages of the history tell older ones. */
    readonly seq: number;
    readonly votes: readonly number[];
    readonly ended: boolean;
}

/** What is known of a poll; the question and the votes may come in any order. */
export interface PollState {
    readonly question?: Question;
    readonly from?: User;
    readonly result?: Result;
    /** What this page voted for; the server does not tell. */
    readonly mine?: number;
}

export type Polls = ReadonlyMap<string, PollState>;

export const NO_POLLS: Polls = new Map();

export function applyPollEvents(polls: Polls, events: readonly RoomEvent[]): Polls {
    return events.reduce((all, event) => {
        if (event.type === "poll") return ask(all, event);
        return event.type === "poll_result" ? count(all, event.poll, event) : all;
    }, polls);
}

function ask(polls: Polls, event: Poll): Polls {
    const { poll, question, choices, ends, from } = event;
    return change(polls, poll, { question: { poll, question, choices, ends }, ...(from && { from }) });
}

function count(polls: Polls, poll: string, { seq, votes, ended }: Pick<PollResult, "seq" | "votes" | "ended">): Polls {
    const known = polls.get(poll)?.result;
    return known && known.seq >= seq ? polls : change(polls, poll, { result: { seq, votes, ended } });
}

/** Those that are open when one comes into the room, as of number `seq` of it. */
export function addOpenPolls(polls: Polls, open: readonly OpenPoll[], seq: number): Polls {
    return open.reduce((all, { votes, ...question }) => {
        return count(change(all, question.poll, { question }), question.poll, { seq, votes, ended: false });
    }, polls);
}

export function setMine(polls: Polls, poll: string, mine: number | undefined): Polls {
    const { mine: _, ...known } = polls.get(poll) ?? {};
    return new Map(polls).set(poll, { ...known, ...(mine !== undefined && { mine }) });
}

function change(polls: Polls, poll: string, news: PollState): Polls {
    return new Map(polls).set(poll, { ...polls.get(poll), ...news });
}

/** Whole numbers of a hundred, for bars and to be read out. */
export function shares(votes: readonly number[]): number[] {
    const all = votes.reduce((sum, one) => sum + one, 0);
    return votes.map((one) => (all === 0 ? 0 : Math.round((one / all) * 100)));
}
