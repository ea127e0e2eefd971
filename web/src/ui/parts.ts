import type { ChatApp } from "../state/app";
import { beginDesk } from "./desk";

export { HeaderTools } from "./HeaderTools";
export { PageTools } from "./PageTools";
export { ComposerTools } from "./composer/ComposerTools";
export { ListTools } from "./message/ListTools";
export { MessageBody } from "./message/MessageBody";
export { PollCard } from "./message/PollCard";
export { Reactions } from "./message/Reactions";
export { ReplyQuote } from "./message/ReplyQuote";
export { Toolbar } from "./message/Toolbar";

export function begin(app: ChatApp): void {
    beginDesk(app);
}
