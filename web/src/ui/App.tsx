import { useEffect } from "preact/hooks";
import { Composer } from "./Composer";
import { Header } from "./Header";
import { JoinDialog } from "./JoinDialog";
import { MessageList } from "./MessageList";
import { Sidebar } from "./Sidebar";
import { TypingIndicator } from "./TypingIndicator";
import { useApp } from "./context";

export function App() {
    const app = useApp();
    const room = app.room.value.title.value;

    useEffect(() => {
        document.title = `#${room} · chatd`;
    }, [room]);

    return (
        <div class="flex h-dvh overflow-hidden bg-ink-900 text-fog-100 antialiased">
            {app.hasPresence.value && <Sidebar />}
            <main class="flex min-w-0 flex-1 flex-col">
                <Header />
                <MessageList />
                {app.hasTyping.value && <TypingIndicator />}
                <Composer />
            </main>
            <JoinDialog />
        </div>
    );
}
