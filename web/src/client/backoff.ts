const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

/**
 * How long to wait before try number `attempt` (0 is the first). All of it is random: nothing spreads the clients of a
 * restarted server better over the time that they have.
 */
export function backoffMs(attempt: number, random: number): number {
    return Math.round(Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt) * random);
}
