import type { Frame } from "./frame";
import { number, string } from "./frame";

/** Why a request failed: the server's code, or `closed` / `timeout` when no answer can or did come. */
export class ChatError extends Error {
    override readonly name = "ChatError";

    constructor(
        readonly code: string,
        message: string,
        readonly details: { retryAfterMs?: number; suggestion?: string; closeCode?: number } = {},
    ) {
        super(message);
    }

    static fromFrame(frame: Frame): ChatError {
        const code = string(frame, "code") ?? "internal";
        const retryAfter = number(frame, "retry_after");
        const suggestion = string(frame, "suggestion");
        return new ChatError(code, string(frame, "message") ?? code, {
            ...(retryAfter !== undefined && { retryAfterMs: retryAfter * 1000 }),
            ...(suggestion !== undefined && { suggestion }),
        });
    }
}
