import { useEffect, useState } from "preact/hooks";
import type { Overlay } from "./overlay";
import { closeOverlay, overlay } from "./overlay";

type Dialogs = typeof import("./dialogs/all");

/** The dialogs are loaded when the first one is opened. */
export function Overlays() {
    const shown = overlay.value;
    const [dialogs, setDialogs] = useState<Dialogs | undefined>(undefined);
    const isNeeded = shown !== undefined && !dialogs;

    useEffect(() => {
        // Without a connection there is nothing to show; the next try may work.
        if (isNeeded) import("./dialogs/all").then((loaded) => setDialogs(loaded), closeOverlay);
    }, [isNeeded]);

    return dialogs && shown ? <Shown dialogs={dialogs} overlay={shown} /> : null;
}

function Shown({ dialogs, overlay }: { dialogs: Dialogs; overlay: Overlay }) {
    switch (overlay.kind) {
        case "emoji":
            return <dialogs.EmojiPicker label={overlay.label} onPick={overlay.onPick} />;
        case "delete":
            return <dialogs.DeleteDialog entry={overlay.entry} />;
        case "search":
            return <dialogs.SearchDialog />;
        case "switcher":
            return <dialogs.Switcher />;
        case "shortcuts":
            return <dialogs.Shortcuts />;
        case "notify":
            return <dialogs.NotifyDialog />;
    }
}
