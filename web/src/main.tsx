import { render } from "preact";
import { ChatClient } from "./client/client";
import { systemClock } from "./client/clock";
import { ChatApp } from "./state/app";
import { roomFromHash } from "./state/location";
import { App } from "./ui/App";
import { AppContext } from "./ui/context";
import { renderPerFrame } from "./ui/frames";
import { keptDrafts, tabOutbox, tabSession } from "./ui/storage";

const scheme = location.protocol === "https:" ? "wss:" : "ws:";
const client = new ChatClient(`${scheme}//${location.host}/ws`, { sessions: tabSession, outbox: tabOutbox });
const app = new ChatApp(client, systemClock, { drafts: keptDrafts });

function takeRoomFromAddress(): void {
    // Whoever is in a room stays there until they leave it.
    if (!app.me.value) app.open(roomFromHash(location.hash));
}

takeRoomFromAddress();
addEventListener("hashchange", takeRoomFromAddress);
addEventListener("online", () => {
    if (app.connection.value.phase === "waiting") app.retryConnection();
});

renderPerFrame();
render(
    <AppContext.Provider value={app}>
        <App />
    </AppContext.Provider>,
    document.getElementById("app")!,
);
