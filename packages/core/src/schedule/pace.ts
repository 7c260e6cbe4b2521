/** What a schedule comes to: whether runs so far apart can keep a credential alive, and how many mints a day it takes. Pure; all ms. */
import type { RefreshPolicy } from "./policy.ts";
import { meanGap, type NextCron } from "./cron.ts";
import { givenOf, marginOf, usualShare, type Term } from "./schedule.ts";

const day = 86_400_000;

/** too-slow: a credential would end between two runs; no-slack: one missed run is too many. */
export type Pace = "ok" | "no-slack" | "too-slow";

/** Can runs that are `cadence` apart keep it alive? */
export function paceOf(
  term: Pick<Term, "given" | "period" | "kept">,
  policy: Pick<RefreshPolicy, "margin">,
  cadence: number | undefined,
): Pace {
  if (cadence === undefined) return "ok";
  const slowest = slowestFor(term, policy);
  if (slowest <= cadence) return "too-slow";
  return slowest < 2 * cadence ? "no-slack" : "ok";
}

/** Runs that are so far apart, or farther, are too slow for it; Infinity: none are. */
export function slowestFor(term: Pick<Term, "given" | "period">, policy: Pick<RefreshPolicy, "margin">): number {
  return term.period === undefined ? givenOf(term) - marginOf({ span: term.given }, policy) : Infinity;
}

/** About so many a day. */
export interface Expected {
  readonly mintsPerDay: number;
  readonly renewalsPerDay: number;
}

/** What keeping one credential takes. `life`: given or asked for; `cap`: the longest that renewals may make of it. */
export function expectedOf(
  { life, renewable, cap }: { readonly life: number; readonly renewable: boolean; readonly cap?: number },
  policy: RefreshPolicy,
  { nextCron, now, cadence }: { readonly nextCron: NextCron; readonly now: number; readonly cadence?: number },
): Expected {
  const step = stepOf(life, policy, { nextCron, now });
  const runs =
    cadence === undefined
      ? 0
      : cadence * Math.max(1, Math.floor((life - marginOf({ span: life }, policy)) / cadence - 1));
  const calls = day / Math.min(step, runs > 0 ? Math.max(runs, cadence!) : Infinity);
  if (!renewable) return { mintsPerDay: calls, renewalsPerDay: 0 };
  const mints = cap === undefined || cap <= life ? 0 : day / (cap - life / 3);
  return { mintsPerDay: mints, renewalsPerDay: Math.max(0, calls - mints) };
}

function stepOf(life: number, { rule }: RefreshPolicy, { nextCron, now }: { nextCron: NextCron; now: number }): number {
  const usual = Number.isFinite(life) ? life * usualShare(life) : Infinity;
  if (rule === undefined) return usual;
  if ("at" in rule) return Number.isFinite(life) ? life * rule.at : Infinity;
  if ("before" in rule) return rule.before < life && Number.isFinite(life) ? life - rule.before : usual;
  if ("every" in rule) return Math.min(rule.every < life ? rule.every : usual, usual * 1.5);
  return Math.min(meanGap(rule, now, nextCron), usual * 1.5);
}
