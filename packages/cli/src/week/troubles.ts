/** What goes wrong in a week, by the life of the credential. All ms. */

/** One span of a week in which something is wrong. */
export interface Trouble {
  readonly kind: "refused" | "broken" | "busy" | "silent" | "off" | "long";
  /** From the beginning of the week. */
  readonly from: number;
  readonly to: number;
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** How long a week is. */
export const week = 7 * day;

/** One trouble a day that leaves time, and on the sixth day one that outlasts the credential. @param life of it */
export function troublesOf(life: number): readonly Trouble[] {
  const bounded = Math.min(life, 2 * day);
  const short = Math.min(bounded / 6, 6 * hour);
  const kinds = ["refused", "broken", "busy", "silent", "off"] as const;
  const small = kinds.map((kind, nth) => ({ kind, from: nth * day + 5 * hour, to: nth * day + 5 * hour + short }));
  // A credential that lives long is not outlasted in a week.
  const long = life > day ? [] : [{ kind: "long", from: 5 * day, to: 5 * day + bounded * 1.5 } as const];
  return [...small, ...long];
}

/** Between two runs: whole, as clocks are. */
export function periodOf(life: number): number {
  return Math.round(Math.min(Math.max(life / 12, 10_000), 10 * minute));
}

/** The trouble of an instant. */
export function troubleAt(troubles: readonly Trouble[], at: number): Trouble | undefined {
  return troubles.find(({ from, to }) => at >= from && at < to);
}

/** Since the end of the last trouble, or the beginning. */
export function wellSince(troubles: readonly Trouble[], at: number): number {
  return Math.max(0, ...troubles.filter(({ to }) => to <= at).map(({ to }) => to));
}
