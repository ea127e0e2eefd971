import { useApp } from "./context";

export function EmptyRoom() {
    const room = useApp().room.value;
    const other = room.other.value;
    return (
        <div class="m-auto max-w-sm px-6 py-10 text-center">
            <img src="favicon.svg" alt="" class="mx-auto size-14 opacity-90" />
            <p class="mt-4 text-lg font-semibold wrap-anywhere text-fog-50">{other ? `You and ${other.nick}` : `Welcome to #${room.name}`}</p>
            <p class="mt-1 text-sm text-fog-400">{other ? "Only the two of you see what is said here." : "Messages show up here from now on. Say hello!"}</p>
        </div>
    );
}
