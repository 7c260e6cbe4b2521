/** pg-boss gives the job of the highest priority first: it falls with the second in which a rotation is due, so that what is due is one range of an index. */

/** A year from which 32 bits of seconds reach into both directions. */
const epoch = Date.UTC(2026, 0, 1);
const bound = 2 ** 31 - 1;

/** @param due rotation time in ms; 0: before all others; Infinity: never among them */
export function priorityOf(due: number): number {
  const seconds = Math.ceil((due - epoch) / 1_000);
  return -Math.max(-bound, Math.min(bound, seconds));
}

/** A job that is taken by name for the moment stands above all that are taken in turn. @param random 0 ≤ x < 1 */
export function markOf(random: number): number {
  const highest = priorityOf(0);
  return highest + 1 + Math.floor(random * (bound - highest - 1));
}
