import { ChatError } from "../client/errors";

export interface JoinError {
    readonly message: string;
    readonly suggestion?: string;
}

export interface JoinDialogState {
    readonly open: boolean;
    readonly busy: boolean;
    readonly error?: JoinError;
}

export function joinError(error: Error): JoinError {
    const suggestion = error instanceof ChatError ? error.details.suggestion : undefined;
    return { message: error.message, ...(suggestion !== undefined && { suggestion }) };
}
