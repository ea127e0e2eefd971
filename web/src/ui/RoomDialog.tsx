import { useEffect, useRef, useState } from "preact/hooks";
import { ChatError } from "../client/errors";
import type { RoomInfo } from "../client/types";
import { useApp } from "./context";
import { closeDrawer, ROOMS_ID } from "./drawers";
import { focusComposer } from "./focus";
import { useRoving } from "./useRoving";

function roomName(text: string): string {
    return text.trim().replace(/^#+/, "");
}

/** The public rooms, and a field for the name of one that may not be there yet. */
export function RoomDialog({ onClose }: { onClose(): void }) {
    const app = useApp();
    const dialog = useRef<HTMLDialogElement>(null);
    const field = useRef<HTMLInputElement>(null);
    const [name, setName] = useState("");
    const [rooms, setRooms] = useState<readonly RoomInfo[]>();
    const [error, setError] = useState("");
    const [isBusy, setIsBusy] = useState(false);
    const roving = useRoving<HTMLUListElement>();
    const wanted = roomName(name);
    const shown = (rooms ?? []).filter(({ room }) => room.toLocaleLowerCase().includes(wanted.toLocaleLowerCase()));

    async function ask<Answer>(question: () => Promise<Answer>): Promise<Answer | undefined> {
        try {
            return await question();
        } catch (failure) {
            if (!(failure instanceof ChatError)) throw failure;
            setError(failure.message);
            return undefined;
        }
    }

    useEffect(() => {
        dialog.current?.showModal();
        void ask(() => app.client.rooms()).then((list) => setRooms(list ?? []));
    }, []);

    async function enter(room: string): Promise<void> {
        if (room === "" || isBusy) return;
        setIsBusy(true);
        setError("");
        const isIn = await ask(() => app.enterRoom(room).then(() => true));
        setIsBusy(false);
        if (!isIn) return;
        closeDrawer(ROOMS_ID);
        dialog.current?.close();
        focusComposer();
    }

    return (
        <dialog
            ref={dialog}
            class="m-auto max-h-[min(36rem,calc(100dvh-2rem))] w-[min(28rem,calc(100vw-2rem))] flex-col rounded-2xl open:flex border border-ink-600/60 bg-ink-850 p-5 text-fog-100 shadow-2xl shadow-black/60 backdrop:bg-ink-950/75"
            aria-labelledby="room-dialog-title"
            onClose={onClose}
            data-testid="room-dialog"
        >
            <h2 id="room-dialog-title" class="text-lg font-bold text-fog-50">
                Find or make a room
            </h2>
            <form
                class="mt-4 flex gap-2"
                onSubmit={(event) => {
                    event.preventDefault();
                    // Not what was drawn last: a name may be typed faster than frames come.
                    void enter(roomName(field.current?.value ?? ""));
                }}
            >
                <input
                    ref={field}
                    class="h-11 min-w-0 flex-1 rounded-xl border border-ink-600 bg-ink-800 px-3.5 text-fog-50 placeholder:text-fog-400 focus-visible:border-accent-400 focus-visible:outline-1 focus-visible:outline-offset-0"
                    value={name}
                    onInput={(event) => setName(event.currentTarget.value)}
                    placeholder="Name of the room"
                    aria-label="Name of the room"
                    autocapitalize="off"
                    autocomplete="off"
                    spellcheck={false}
                    data-testid="room-name"
                />
                <button
                    type="submit"
                    class="h-11 rounded-xl bg-accent-600 px-4 font-semibold text-white hover:bg-accent-500 disabled:bg-ink-700 disabled:text-fog-400"
                    disabled={isBusy}
                    data-testid="enter-room"
                >
                    Join
                </button>
            </form>
            <p role="alert" class="text-sm wrap-anywhere text-rose-300 not-empty:mt-2" data-testid="room-error">
                {error}
            </p>
            <ul
                ref={roving.ref}
                class="mt-3 min-h-24 flex-1 overflow-y-auto"
                aria-label="Rooms"
                onKeyDown={roving.onKeyDown}
                onFocusIn={roving.onFocusIn}
            >
                {shown.map(({ room, count, topic }) => (
                    <li key={room}>
                        <button
                            type="button"
                            class="flex min-h-11 w-full items-center gap-2 rounded-lg px-3 py-1.5 text-left hover:bg-ink-700"
                            onClick={() => void enter(room)}
                            data-roving
                            data-testid="public-room"
                            data-room={room}
                        >
                            <span class="min-w-0 flex-1">
                                <span class="block truncate font-medium text-fog-50"># {room}</span>
                                {topic && <span class="block truncate text-xs text-fog-400">{topic}</span>}
                            </span>
                            <span class="shrink-0 text-xs text-fog-300">
                                {app.rooms.value.has(room) ? "joined" : `${count} ${count === 1 ? "person" : "people"}`}
                            </span>
                        </button>
                    </li>
                ))}
                {rooms && shown.length === 0 && (
                    <li class="px-3 py-2 text-sm text-fog-400">No such room yet: joining makes it.</li>
                )}
            </ul>
            <button
                type="button"
                class="mt-3 h-11 self-end rounded-xl px-4 text-sm font-semibold text-fog-300 hover:bg-ink-700"
                onClick={() => dialog.current?.close()}
            >
                Cancel
            </button>
        </dialog>
    );
}
