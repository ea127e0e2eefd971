import { useEffect } from "preact/hooks";
import { Announcer } from "./Announcer";
import { Composer } from "./Composer";
import { ConnectionBanner } from "./ConnectionBanner";
import { Header } from "./Header";
import { JoinDialog } from "./JoinDialog";
import type { Parts } from "./Later";
import { Later, loadParts } from "./Later";
import { MessageList } from "./MessageList";
import { News } from "./News";
import { PageSigns } from "./PageSigns";
import { TypingIndicator } from "./TypingIndicator";
import { useApp } from "./context";
import { PeopleSidebar, RoomsSidebar } from "./lazily";

const pageTools = (parts: Parts) => parts.PageTools;

export function App() {
    const app = useApp();
    const room = app.room.value;
    const { phase } = app.connection.value;
    // When the page is shown, and again when there is a connection: it may have been lost before they came.
    useEffect(() => loadParts(app), [phase]);

    return (
        <div class="flex h-dvh overflow-hidden bg-ink-900 text-fog-100 antialiased">
            <RoomsSidebar />
            <main class="flex min-w-0 flex-1 flex-col">
                <Header />
                <ConnectionBanner />
                <div class="relative flex min-h-0 flex-1 flex-col">
                    <News />
                    <MessageList key={room.name} room={room} />
                </div>
                {app.hasTyping.value && <TypingIndicator />}
                <Composer />
            </main>
            {app.hasPresence.value && <PeopleSidebar />}
            <JoinDialog />
            <Later part={pageTools} props={{}} />
            <Announcer />
            <PageSigns />
        </div>
    );
}
