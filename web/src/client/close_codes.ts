/** Our own close code for a peer that fell silent; the server uses the same number for the same reason. */
export const CLOSE_SILENT = 4001;

/** The client itself said goodbye, or broke a rule that it would break again. */
const FOR_GOOD: readonly number[] = [1000, 1002, 1003, 1007, 1008, 1009, 1010];

/** Whether a connection that ended with `code` is to be made anew without being asked. */
export function isToReturn(code: number): boolean {
    return code < 4500 && !FOR_GOOD.includes(code);
}

/** The server ended the session, not only this connection of it. */
export function endsSession(code: number): boolean {
    return code >= 4500 && code <= 4999;
}
