/** When a lease's time has come: pure functions of lease, policy and now. All instants on rotation time, all lengths in ms. */
import type { RefreshPolicy } from "./policy.ts";
import type { NextCron } from "./cron.ts";
import { inWindow } from "./windows.ts";

/** What the schedule needs to know of a lease. */
export interface Term {
  /** When its present terms were told: the mint, the last renewal, the last time that the same value was seen again. Everything counts from it. */
  readonly asOf: number;
  /** Null: never by itself. */
  readonly expiresAt: number | null;
  /** The end of the login that it dies with. */
  readonly diesAt?: number;
  /** The end of what its provider logs in with: nothing can be minted after it. */
  readonly refreshBy?: number;
  /** The whole life given at the mint, which no renewal changes: the yardstick of renewals and waits. Null: never-ending. */
  readonly given: number | null;
  /** The life told at the last lengthening: the place of should, warn and must. Null: never-ending. */
  readonly span: number | null;
  /** The issuer gave the very same lease with the same end again: nothing better is to be had before its end. */
  readonly kept?: boolean;
  /** Its last renewal gave too little: due until it is replaced. */
  readonly spent?: boolean;
  /** The issuer's own period, where it tells one (a static role). */
  readonly period?: number;
  /** 0 ≤ x < 1. */
  readonly jitter: number;
}

const second = 1_000;
const minute = 60_000;
const shortLife = 10 * minute;
/** Time after the end in which a kept value may be seen to have changed, before that is an alarm. */
export const changeTime = 10 * second;

/** The nearest number to `x` in `low` to `high`. */
export function clamp(x: number, low: number, high: number): number {
  return Math.min(Math.max(x, low), high);
}

/** The end of the lease or of the login it dies with, whichever is first. */
export function endOf({ expiresAt, diesAt }: Pick<Term, "expiresAt" | "diesAt">): number {
  return Math.min(expiresAt ?? Infinity, diesAt ?? Infinity);
}

/** The life that should, warn and must are placed in; Infinity: never-ending. */
export function spanOf({ span }: Pick<Term, "span">): number {
  return span ?? Infinity;
}

/** The life given at the mint; Infinity: never-ending. */
export function givenOf({ given }: Pick<Term, "given">): number {
  return given ?? Infinity;
}

/** Nothing better can be had before its end: a value that the issuer repeats, a static role. */
export function waits({ kept, period }: Term): boolean {
  return kept === true || period !== undefined;
}

/** How long before its end a lease counts as good as gone: the policy's word, else 10 % of the life between 60 s and 10 min; never over a fifth of the life. */
export function marginOf(term: Pick<Term, "span">, policy: Pick<RefreshPolicy, "margin">): number {
  const life = spanOf(term);
  if (!Number.isFinite(life)) return 0;
  return Math.min(policy.margin ?? clamp(life / 10, minute, 10 * minute), life / 5);
}

/** Past it, unrotated, is exit 3. Infinity for a lease that never ends. */
export function mustAt(term: Term, policy: Pick<RefreshPolicy, "margin">): number {
  return waits(term) ? endOf(term) + changeTime : endOf(term) - marginOf(term, policy);
}

/** When it should be refreshed: renewed, minted anew, or looked at again. Infinity when the policy says nothing about a lease that never ends. */
export function shouldAt(term: Term, policy: RefreshPolicy, nextCron: NextCron): number {
  const latest = latestAt(term, policy);
  const wanted = waits(term) ? nextLookAt(term, policy, nextCron) : wantedAt(term, policy, { latest, nextCron });
  return Math.max(Math.min(wanted, latest), term.asOf + second);
}

/** Half way between should and must: nearing its end unrotated. A kept value has nothing to warn of before its end. */
export function warnAt(term: Term, policy: RefreshPolicy, nextCron: NextCron): number {
  const must = mustAt(term, policy);
  if (waits(term) || !Number.isFinite(must)) return must;
  const should = Math.min(shouldAt(term, policy, nextCron), must);
  return should + (must - should) / 2;
}

/** A rotation takes time: the last moment to begin one that ends before the margin does. */
function latestAt(term: Term, policy: RefreshPolicy): number {
  const bootstrap = (term.refreshBy ?? Infinity) - minute;
  if (waits(term)) return bootstrap;
  const span = spanOf(term);
  const room = Number.isFinite(span) ? clamp(span / 30, Math.min(second, span / 20), minute) : 0;
  return Math.min(mustAt(term, policy) - room, windowAt(term, policy) - room, bootstrap);
}

/** Before those who ask would be given one that they think too old. Infinity: nobody asks. */
function windowAt(term: Term, { window }: RefreshPolicy): number {
  return window === undefined ? Infinity : Math.max(endOf(term) - window, term.asOf + spanOf(term) / 2);
}

function wantedAt(
  term: Term,
  policy: RefreshPolicy,
  { latest, nextCron }: { latest: number; nextCron: NextCron },
): number {
  const named = namedAt(term, policy, nextCron);
  const at = spread(named ?? usualAt(term), term, { share: policy.jitter, named: named !== undefined });
  const isCron = named !== undefined && policy.rule !== undefined && "cron" in policy.rule;
  return inWindow({ at: isCron ? named : at, latest, from: term.asOf }, policy, nextCron);
}

/** Around the usual time; a time that the spec names is only ever brought forward. */
function spread(at: number, { asOf, jitter }: Term, { share, named }: { share: number; named: boolean }): number {
  return Number.isFinite(at) ? at + (at - asOf) * share * (named ? -jitter : 2 * jitter - 1) : at;
}

function usualAt(term: Term): number {
  const span = spanOf(term);
  return term.asOf + span * usualShare(span);
}

/** Of a life: 2/3, 1/2 under ten minutes. */
export function usualShare(life: number): number {
  return life < shortLife ? 1 / 2 : 2 / 3;
}

/** The time that the policy's rule names; undefined when there is no rule or it cannot be kept for this lease. */
function namedAt(term: Term, policy: RefreshPolicy, nextCron: NextCron): number | undefined {
  const { rule } = policy;
  if (rule === undefined || ruleProblem(term, policy) !== undefined) return undefined;
  if ("at" in rule) return term.asOf + spanOf(term) * rule.at;
  if ("before" in rule) return endOf(term) - rule.before;
  if ("every" in rule) return term.asOf + rule.every;
  return nextCron(rule, term.asOf);
}

/** Looks at a kept value: fewer and fewer before its end, then one right after it. A rule that comes sooner still holds. */
function nextLookAt(term: Term, policy: RefreshPolicy, nextCron: NextCron): number {
  const end = endOf(term);
  const left = end - term.asOf;
  const gap = clamp(givenOf(term) / 20, second, 10 * second);
  const at = term.asOf + Math.max(left * usualShare(left), gap);
  const look = at > end - gap ? end + second / 4 : at;
  const rule = policy.rule !== undefined && ("every" in policy.rule || "cron" in policy.rule);
  return Math.min(look, rule ? (namedAt(term, policy, nextCron) ?? Infinity) : Infinity);
}

/** A rule that cannot be kept for this lease; undefined when it can. */
export type RuleProblem = "never-ends" | "every-too-long" | "before-too-long";

/** Why no time of refresh comes of this rule for such a life; undefined: one does. */
export function ruleProblem(term: Pick<Term, "span">, { rule }: Pick<RefreshPolicy, "rule">): RuleProblem | undefined {
  const life = spanOf(term);
  if (rule === undefined || "at" in rule) return Number.isFinite(life) ? undefined : "never-ends";
  if ("before" in rule)
    return Number.isFinite(life) ? (rule.before >= life ? "before-too-long" : undefined) : "never-ends";
  return "every" in rule && rule.every >= life ? "every-too-long" : undefined;
}
