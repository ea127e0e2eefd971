import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { ChatApp } from "../state/app";

export const AppContext = createContext<ChatApp | undefined>(undefined);

export function useApp(): ChatApp {
    const app = useContext(AppContext);
    if (!app) throw new Error("useApp outside of AppContext");
    return app;
}
