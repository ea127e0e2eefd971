import { effect } from "@preact/signals";
import { render } from "preact";
import { ChatClient } from "./client/client";
import { systemClock } from "./client/clock";
import { ChatApp } from "./state/app";
import { hashFromRoom, roomFromHash } from "./state/location";
import { App } from "./ui/App";
import { AppContext } from "./ui/context";
import { renderPerFrame } from "./ui/frames";
import { listenForF6 } from "./ui/regions";
import { keptDrafts, keptRooms, keptSession, tabOutbox } from "./ui/storage";
import { watchPage } from "./ui/watch_page";

const scheme = location.protocol === "https:" ? "wss:" : "ws:";
const client = new ChatClient(`${scheme}//${location.host}/ws`, { sessions: keptSession, outbox: tabOutbox });
const app = new ChatApp(client, systemClock, { drafts: keptDrafts, rooms: keptRooms });

function takeRoomFromAddress(): void {
    const name = roomFromHash(location.hash);
    if (app.dialog.value.open) app.open(name);
    else app.enterRoom(name).catch((error: Error) => app.tell(error.message));
}

takeRoomFromAddress();
addEventListener("hashchange", takeRoomFromAddress);
effect(() => {
    const name = app.roomName.value;
    if (name !== roomFromHash(location.hash)) location.hash = hashFromRoom(name);
});
watchPage(app);
listenForF6();

const session = keptSession.read();
if (session) void app.join(session.nick, true);

renderPerFrame();
render(
    <AppContext.Provider value={app}>
        <App />
    </AppContext.Provider>,
    document.getElementById("app")!,
);
