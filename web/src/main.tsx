import { render } from "preact";
import { ChatClient } from "./client/client";
import { systemClock } from "./client/clock";
import { ChatApp } from "./state/app";
import { roomFromHash } from "./state/location";
import { App } from "./ui/App";
import { AppContext } from "./ui/context";
import { renderPerFrame } from "./ui/frames";
import { tabSession } from "./ui/storage";

const scheme = location.protocol === "https:" ? "wss:" : "ws:";
const openSocket = (url: string, subprotocol: string) => new WebSocket(url, subprotocol);

/** Not crypto.randomUUID(), which plain-http pages do not have. */
function newCid(): string {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const client = new ChatClient(`${scheme}//${location.host}/ws`, openSocket, systemClock, tabSession);
const app = new ChatApp(client, systemClock, newCid);

function takeRoomFromAddress(): void {
    // Whoever is in a room stays there until they leave it.
    if (!app.me.value) app.room.value = roomFromHash(location.hash);
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
