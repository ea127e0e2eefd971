import { signal } from "@preact/signals";
import { ChatError } from "../client/errors";
import type { DurableRequest } from "../client/requests";
import type { ChatApp } from "./app";
import { setMine } from "./polls";
import type { RoomState } from "./room";
import type { SentEntry } from "./timeline";

const REFUSED: Readonly<Record<Exclude<DurableRequest["type"], "message">, string>> = {
    edit: "The message was not changed",
    delete: "The message was not deleted",
    reaction: "The reaction was not added",
};

const PAGE = 200;
/** A message further back is not looked for page by page. */
const MOST_PAGES = 50;

/** What a person can do with messages that are there. All of it is about the room that is shown. */
export class MessageActions {
    /** The row to be brought into view; a new object each time. */
    readonly target = signal<{ readonly room: string; readonly key: string } | undefined>(undefined);

    constructor(private readonly app: ChatApp) {
        app.client.events.on("rejected", ({ request, error }) => {
            if (request.type === "message") return;
            app.client.discard(request.cid);
            app.tell(`${REFUSED[request.type]}: ${error.message}`);
        });
    }

    get canReact(): boolean {
        return this.app.hasFeature("reactions");
    }

    canChange(entry: SentEntry): boolean {
        return entry.own && !entry.deleted && this.app.hasFeature("edits");
    }

    toggleReaction({ seq, reactions = [] }: SentEntry, key: string): void {
        const isMine = reactions.some((reaction) => reaction.key === key && reaction.me);
        this.app.client.react(this.app.room.value.name, seq, key, isMine ? "remove" : "add");
    }

    remove({ seq }: SentEntry): void {
        this.app.client.remove(this.app.room.value.name, seq);
    }

    reply(entry: SentEntry): void {
        const { name, draft } = this.app.room.value;
        this.app.write(this.app.writing.reply(name, entry, draft.value));
    }

    edit(entry: SentEntry): void {
        const { name, draft } = this.app.room.value;
        this.app.write(this.app.writing.edit(name, entry, draft.value));
    }

    /** The last message that one wrote here; answers whether there is one. */
    editLast(): boolean {
        const { timeline } = this.app.room.value;
        const isMine = (entry: (typeof timeline.value)[number]): entry is SentEntry =>
            entry.kind === "message" && entry.status === "sent" && this.canChange(entry);
        const last = timeline.value.filter(isMine).at(-1);
        if (last) this.edit(last);
        return last !== undefined;
    }

    cancel(): void {
        const { name, draft } = this.app.room.value;
        this.app.write(this.app.writing.cancel(name, draft.value));
    }

    async vote(poll: string, choice: number): Promise<void> {
        const room = this.app.room.value;
        const before = room.polls.value.get(poll)?.mine;
        room.polls.value = setMine(room.polls.value, poll, choice);
        try {
            await this.app.client.vote(room.name, poll, choice);
        } catch (error) {
            if (!(error instanceof ChatError)) throw error;
            room.polls.value = setMine(room.polls.value, poll, before);
            this.app.tell(`Your vote was not counted: ${error.message}`);
        }
    }

    async endPoll(poll: string): Promise<void> {
        try {
            await this.app.client.endPoll(this.app.room.value.name, poll);
        } catch (error) {
            if (!(error instanceof ChatError)) throw error;
            this.app.tell(`The poll goes on: ${error.message}`);
        }
    }

    /** Shows a message, after fetching what is between it and what is there. */
    async jumpTo(name: string, seq: number): Promise<void> {
        this.app.open(name);
        const room = this.app.stateOf(name);
        for (let pages = 0; pages < MOST_PAGES && !keyOf(room, seq) && room.history.older.value === "more"; pages++)
            await room.history.load(PAGE);
        const key = keyOf(room, seq);
        if (key !== undefined) this.target.value = { room: name, key };
        else this.app.tell("That message is too far back to be shown here.");
    }
}

function keyOf(room: RoomState, seq: number): string | undefined {
    const epoch = room.epoch.value;
    const isMeant = (entry: (typeof room.timeline.value)[number]) =>
        entry.kind === "message" && entry.status === "sent" && entry.seq === seq && entry.epoch === epoch;
    return room.timeline.value.find(isMeant)?.key;
}
