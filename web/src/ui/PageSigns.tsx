import { useEffect } from "preact/hooks";
import { badgeText } from "../state/unread";
import { useApp } from "./context";

/** What is to be seen of the page while another one is in front: its title and its icon. */
export function PageSigns() {
    const app = useApp();
    const { messages, mentions } = app.unread.value;
    const room = app.room.value;
    const name = room.other.value ? room.title.value : `#${room.title.value}`;
    const count = messages > 0 ? `(${badgeText(messages)}) ` : "";
    const icon = mentions > 0 ? "favicon-mention.svg" : messages > 0 ? "favicon-unread.svg" : "favicon.svg";

    useEffect(() => {
        document.title = `${count}${name} · chatd`;
    }, [count, name]);
    useEffect(() => {
        const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
        if (link && link.getAttribute("href") !== icon) link.setAttribute("href", icon);
    }, [icon]);
    return null;
}
