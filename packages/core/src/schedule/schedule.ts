/** When a lease's time has come: pure functions of lease, policy and now. All instants and lengths in milliseconds. */
import type { RefreshPolicy } from "../loading/model.ts";
import type { NextCron } from "./cron.ts";

/** What the schedule needs to know of a lease. */
export interface Term {
  readonly issuedAt: number;
  /** Null: never by itself. */
  readonly expiresAt: number | null;
  /** The end of the login that it dies with. */
  readonly diesAt?: number;
  /** The end of what its provider logs in with: nothing can be minted after it. */
  readonly refreshBy?: number;
  /** 0 ≤ x < 1. */
  readonly jitter: number;
}

const second = 1_000;
const minute = 60_000;
const shortLife = 10 * minute;

/** The end of the lease or of the login it dies with, whichever is first. */
export function endOf({ expiresAt, diesAt }: Term): number {
  return Math.min(expiresAt ?? Infinity, diesAt ?? Infinity);
}

/** How long before its end a lease counts as good as gone: the policy's word, else 10 % of the life between 60 s and 10 min, never more than a fifth of the life. */
export function marginOf(term: Term, policy: Pick<RefreshPolicy, "margin">): number {
  const life = endOf(term) - term.issuedAt;
  if (!Number.isFinite(life)) return 0;
  const usual = Math.min(Math.max(life / 10, minute), 10 * minute);
  return policy.margin ?? Math.min(usual, life / 5);
}

/** Past it, unrotated, is exit 3. Infinity for a lease that never ends. */
export function deadlineOf(term: Term, policy: Pick<RefreshPolicy, "margin">): number {
  return endOf(term) - marginOf(term, policy);
}

/** When it should be refreshed. Infinity when the policy says nothing about a lease that never ends. */
export function refreshAt(term: Term, policy: RefreshPolicy, nextCron: NextCron): number {
  const deadline = deadlineOf(term, policy);
  const end = Math.min(deadline, (term.refreshBy ?? Infinity) - minute);
  const latest = end - Math.min(second, (deadline - term.issuedAt) / 20);
  const wanted = wantedAt(term, policy, nextCron);
  const jittered = "cron" in (policy.rule ?? {}) ? wanted : withJitter(wanted, term, policy.jitter);
  return Math.min(inWindow({ at: jittered, latest, from: term.issuedAt }, policy, nextCron), latest);
}

/** A rule that cannot be kept for this lease, for a warning; undefined when it can. */
export function ruleProblem(term: Term, policy: RefreshPolicy): string | undefined {
  const life = endOf(term) - term.issuedAt;
  const { rule } = policy;
  if (rule === undefined)
    return Number.isFinite(life)
      ? undefined
      : "the credential never expires by itself: say when to refresh it (`every` or `cron`)";
  if ("every" in rule && rule.every >= life)
    return "`refresh.every` is not shorter than the life of the credential: it is refreshed at the usual time instead";
  if ("before" in rule && rule.before >= life)
    return "`refresh.before` is not shorter than the life of the credential: it is refreshed at the usual time instead";
  if (("at" in rule || "before" in rule) && !Number.isFinite(life))
    return "the credential never expires by itself: say when to refresh it (`every` or `cron`)";
  return undefined;
}

function wantedAt(term: Term, policy: RefreshPolicy, nextCron: NextCron): number {
  const { issuedAt } = term;
  const life = endOf(term) - issuedAt;
  const usual = issuedAt + life * (life < shortLife ? 1 / 2 : 2 / 3);
  const { rule } = policy;
  if (rule === undefined || ruleProblem(term, policy) !== undefined) return usual;
  if ("at" in rule) return issuedAt + life * rule.at;
  if ("before" in rule) return issuedAt + life - rule.before;
  if ("every" in rule) return issuedAt + rule.every;
  return nextCron(rule, issuedAt) ?? usual;
}

function withJitter(at: number, { issuedAt, jitter }: Term, share: number): number {
  if (!Number.isFinite(at)) return at;
  return at + (at - issuedAt) * share * (2 * jitter - 1);
}

/** The instant itself when it lies in a window; else the next window if that is in time, else the last one before, else the instant: expiry comes first. */
function inWindow(
  { at, latest, from }: { at: number; latest: number; from: number },
  { windows }: RefreshPolicy,
  nextCron: NextCron,
): number {
  if (windows.length === 0 || !Number.isFinite(at)) return at;
  const starts = windows.flatMap((window) => {
    const found: { start: number; end: number }[] = [];
    for (
      let start = nextCron(window, from - window.duration);
      start !== undefined && start <= latest && found.length < 1_000;
      start = nextCron(window, start)
    ) {
      found.push({ start, end: start + window.duration });
    }
    return found;
  });
  if (starts.some(({ start, end }) => start <= at && at < end)) return at;
  const later = starts.filter(({ start }) => start > at).map(({ start }) => start);
  if (later.length > 0) return Math.min(...later);
  const earlier = starts.filter(({ start, end }) => start > from && end <= at).map(({ start }) => start);
  return earlier.length > 0 ? Math.max(...earlier) : at;
}
