import { useApp } from "./context";

export function EmptyRoom() {
    const room = useApp().room.value.title.value;
    return (
        <div class="m-auto max-w-sm px-6 py-10 text-center">
            <img src="favicon.svg" alt="" class="mx-auto size-14 opacity-90" />
            <p class="mt-4 text-lg font-semibold wrap-anywhere text-fog-50">Welcome to #{room}</p>
            <p class="mt-1 text-sm text-fog-400">Messages show up here from now on. Say hello!</p>
        </div>
    );
}
