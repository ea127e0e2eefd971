import type { HistoryPage } from "./catch_up";
import { decodePage } from "./catch_up";
import { decodeRoomInfo } from "./decode";
import { decodeEvent } from "./decode_events";
import { ChatError } from "./errors";
import type { Fields, Frame } from "./frame";
import { all, isObject, number, objects, string } from "./frame";
import type { Body, Link } from "./link";
import type { Message } from "./room_events";
import type { RoomInfo, TypingState } from "./types";

/** At most one of the numbers; without any, the newest events are meant. */
export interface HistoryRange {
    readonly before?: number;
    readonly after?: number;
    readonly around?: number;
    readonly limit?: number;
    /** Refuses when the room has another log by now. */
    readonly epoch?: string;
}

export interface SearchRange {
    readonly room?: string;
    /** A time: results are older than that. */
    readonly before?: number;
    readonly limit?: number;
}

export interface SearchPage {
    readonly results: readonly Message[];
    readonly hasMore: boolean;
}

/** What is asked once, and answered or not. All of it rejects with a ChatError, `closed` without a connection. */
export abstract class Calls {
    /** The one that answers, if there is one. */
    protected abstract get link(): Link | undefined;

    protected abstract epochOf(room: string): string;

    /** Any request, also of a module that this client does not know. */
    async request(body: Body): Promise<Frame> {
        const { link } = this;
        if (!link) throw new ChatError("closed", "There is no connection.");
        return link.request(body);
    }

    async rooms(): Promise<RoomInfo[]> {
        return all(objects(await this.request({ type: "rooms" }), "rooms"), decodeRoomInfo);
    }

    async history(room: string, range: HistoryRange = {}): Promise<HistoryPage> {
        return decodePage(await this.request({ type: "history", room, ...range }));
    }

    /** The results are told as of an unknown number: that of the last change which they show. */
    async search(text: string, range: SearchRange = {}): Promise<SearchPage> {
        const answer = await this.request({ type: "search", text, ...range });
        const results = all(objects(answer, "results"), (result) => this.#decodeResult(result));
        return { results, hasMore: answer["has_more"] === true };
    }

    /** Runs a command such as "/roll 2d6" once: unlike what is sent, it is not repeated when no answer comes. */
    async command(room: string, text: string): Promise<void> {
        await this.request({ type: "message", room, text });
    }

    async vote(room: string, poll: string, choice: number): Promise<void> {
        await this.request({ type: "poll_vote", room, poll, choice });
    }

    async endPoll(room: string, poll: string): Promise<void> {
        await this.request({ type: "poll_end", room, poll });
    }

    /** Nobody waits for it: without a connection it is not said. */
    typing(room: string, state: TypingState): void {
        this.link?.send({ type: "typing", room, state });
    }

    #decodeResult(result: Fields): Message | undefined {
        const epoch = string(result, "epoch") ?? this.epochOf(string(result, "room") ?? "");
        const edited = isObject(result["edited"]) ? number(result["edited"], "seq") : undefined;
        const event = decodeEvent({ ...result, type: "message" }, epoch, edited);
        return event?.type === "message" ? event : undefined;
    }
}
