/** What a scenario allows: how long things may take, and what it excuses. All ms. */
import { effectiveLife, hour, isInPlace, minute, second, type Scenario, type Shape } from "./scenario.ts";

export interface Limits {
  /** Life as it comes out. */
  readonly life: number;
  readonly inPlace: boolean;
  /** Runs come too seldom for this life: death is only checked for being said. */
  readonly tooSlow: boolean;
  readonly slowCron: boolean;
  /** The machine's clock is wrong at times: excuses what counts on it. */
  readonly clocky: (now: number) => boolean;
  /** A call in twenty fails. */
  readonly flaky: boolean;
  /** After the last trouble all must be well again within it. */
  readonly bound: number;
  /** A credential may be dead so long whatever anybody does. */
  readonly allow: number;
  /** A sink that was deleted may be missing so long. */
  readonly missing: number;
  /** More calls than that are a storm. */
  readonly calls: number;
  /** Needless mints and renewals that are allowed, beside a tenth of all. */
  readonly needless: number;
}

export function limitsOf(scenario: Scenario): Limits {
  const { shape, cron, troubles, offsets, edits } = scenario;
  const life = effectiveLife(shape);
  const inPlace = isInPlace(shape);
  const tick = cron ?? 30 * second;
  const slowCron =
    cron !== undefined && shape.period === undefined && usableOf(shape.shrinks === undefined ? life : life / 2) <= cron;
  // A caching issuer gives a revoked token again until its end.
  const nothingBetter = shape.cache !== undefined && edits.some(({ kind }) => kind === "revoke");
  const flaky = troubles.some(({ kind }) => kind === "flake");
  return {
    life,
    inPlace,
    slowCron,
    tooSlow: slowCron || nothingBetter,
    clocky: (now) => offsets.length > 0 && now < (scenario.clockRightFrom ?? Infinity),
    flaky,
    // Under a timer the first run after it does all that is due.
    bound:
      (flaky ? 3 : 1) *
      Math.max(
        (cron === undefined ? 2 : 1) * tick + (cron === undefined ? 0 : 2 * minute),
        longestRetry(life, scenario.retryMax) + inFlight,
      ),
    allow: allowOf(scenario, tick),
    missing: cron === undefined ? 5.5 * minute : cron + 5 * second,
    calls:
      Math.max(
        4_000,
        60 * (scenario.horizon / Math.max(Math.min(shape.every ?? Infinity, life, cron ?? Infinity), 10 * second)),
      ) * scenario.siblings,
    needless: 3 + 4 * troubles.length + 2 * offsets.length + 2 * edits.filter(({ kind }) => kind !== "save").length,
  };
}

/** A call that hangs, and a reload. */
export const inFlight = 40 * second;

/** The longest wait between two tries. */
function longestRetry(life: number, most = 5 * minute): number {
  return Number.isFinite(life) ? Math.min(Math.max(life / 10, 5 * second), most) : most;
}

/** What of a life can be used: it counts as good as gone a little before its end. */
export function usableOf(life: number): number {
  return Number.isFinite(life)
    ? life - Math.min(Math.min(Math.max(life / 10, minute), 10 * minute), life / 5)
    : Infinity;
}

function allowOf({ shape, cron, edits, reload, troubles }: Scenario, tick: number): number {
  if (shape.changes !== undefined) return (shape.every ?? 0) * 1.15 + tick + 5 * second;
  // Nothing is to be had before the end: a look or two that fail, and a reload.
  const flaky = troubles.some(({ kind }) => kind === "flake");
  if (isInPlace(shape)) return (cron ?? 5 * second) + (flaky ? 10 : 5) * second;
  const revoked = edits.some(({ kind }) => kind === "revoke") ? tick + 10 * second : second;
  // Between a renewal that its cap cut short and the end no reload of 8 s finds room.
  const capped = shape.maxTtl !== undefined && shape.life < minute && reload === "slow" ? 3 * second : second;
  return Math.max(revoked, capped, shape.kills ? 10 * second : 0);
}

/** The usual share of a life after which it is refreshed. */
export function usualShare(life: number): number {
  return life < 10 * minute ? 1 / 2 : 2 / 3;
}

/** Was it time for a mint or a renewal, so long after terms of such a length were told? */
export function isTimely(
  { shape, cron }: Scenario,
  { age, span }: { readonly age: number; readonly span: number },
): boolean {
  if (age >= Math.min(0.8 * usualShare(span) * span, (shape.every ?? Infinity) * 0.8)) return true;
  return cron !== undefined && age >= 0.45 * Math.min(cron, span) && span - age < 3.2 * cron + 10 * minute;
}

/** Does a renewal to this life leave too little? */
export function isCapped({ life }: Shape, renewed: number, cron: number | undefined): boolean {
  const enough = renewed >= (life * 2) / 3 + second;
  return !enough || (cron !== undefined && renewed < Math.min(2 * cron + 10 * minute, life - 1));
}

/** How often the judge repeats a look at what stays dead. */
export const lookAgain = hour;
