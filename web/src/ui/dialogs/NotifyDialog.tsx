import { useState } from "preact/hooks";
import type { NotifyLevel } from "../../state/notify";
import { NOTIFY_LEVELS } from "../../state/notify";
import { useDesk } from "../desk";
import { askForNotifications, notificationsAllowed } from "../notifications";
import { Dialog } from "./Dialog";

const LABELS: Readonly<Record<NotifyLevel, string>> = {
    all: "All messages",
    mentions: "Only when somebody names me",
    nothing: "Nothing",
};

export function NotifyDialog() {
    const { app, notifier } = useDesk();
    const room = app.room.value;
    const level = notifier.levelOf(room);
    const [allowed, setAllowed] = useState(notificationsAllowed);

    function choose(chosen: NotifyLevel): void {
        notifier.set(room, chosen);
    }

    return (
        <Dialog title={`Notify me of ${room.title.value}`} testId="notify-dialog" class="sm:w-[26rem]">
            <div class="px-5 pb-5">
                <fieldset>
                    <legend class="sr-only">Notify me of</legend>
                    {NOTIFY_LEVELS.map((one, index) => (
                        <label key={one} class="flex min-h-11 items-center gap-3 rounded-xl px-2 hover:bg-ink-800">
                            <input
                                type="radio"
                                name="notify"
                                class="size-4 accent-accent-500"
                                checked={one === level}
                                onChange={() => choose(one)}
                                autofocus={index === NOTIFY_LEVELS.indexOf(level)}
                                data-testid={`notify-${one}`}
                            />
                            {LABELS[one]}
                        </label>
                    ))}
                </fieldset>
                <p class="mt-3 text-sm text-fog-300" role="status" data-testid="notify-status">
                    {STATUS[allowed]}
                </p>
                {allowed === "default" && (
                    <button
                        type="button"
                        class="mt-3 h-11 rounded-xl bg-accent-600 px-4 font-semibold text-white hover:bg-accent-500"
                        onClick={() => void askForNotifications().then(setAllowed)}
                        data-testid="notify-allow"
                    >
                        Allow notifications
                    </button>
                )}
            </div>
        </Dialog>
    );
}

const STATUS: Readonly<Record<ReturnType<typeof notificationsAllowed>, string>> = {
    default: "The browser has to allow notifications first.",
    granted: "The browser shows notifications while you look elsewhere.",
    denied: "The browser does not allow notifications of this page. Its settings can change that.",
    unsupported: "This browser has no notifications.",
};
