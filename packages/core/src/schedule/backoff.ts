/** Milliseconds to wait after `failures` in a row: doubling from `initial` to `max`, the upper half at random so that many hosts spread. */
export function backoff(
  failures: number,
  { initial, max, random }: { readonly initial: number; readonly max: number; readonly random: () => number },
): number {
  const full = Math.min(initial * 2 ** Math.min(Math.max(failures - 1, 0), 40), max);
  return Math.round(full / 2 + (full / 2) * random());
}

/** An owed reload: 30 s doubling to 15 min, without chance, so that a reload that restarts us can count on it. */
export function reloadBackoff(tries: number): number {
  return Math.min(30_000 * 2 ** Math.min(Math.max(tries - 1, 0), 40), 15 * 60_000);
}
