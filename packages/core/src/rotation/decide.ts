import { retryCap } from "../schedule/backoff.ts";
import { clamp, endOf, givenOf, shouldAt, warnAt } from "../schedule/schedule.ts";
import { isLost, isUnsure, onceAMoment, publishedLease, warnOfHeld, type Moment } from "./moment.ts";
import { isEarly, isTime, reasonOf } from "./reason.ts";
import { proofAt } from "./unproved.ts";
import type { Reason } from "../why.ts";
import type { LeaseState } from "../store/state.ts";

/** What is to be done with a rotation, and when the next look is. */
export interface Decision {
  readonly action: "none" | "reload" | "renew" | "mint";
  /** With `none`: what is wanted and has to wait. */
  readonly reason?: Reason;
  /** When the engine has to look again, rotation time in ms. */
  readonly next: number;
}

const second = 1_000;
const minute = 60_000;
const hour = 3_600_000;
/** Between two looks at one rotation. */
const shortestPause = 250;

/** What is to be done with a rotation now. Pure; after recovery and observation. */
export function decide(moment: Moment): Decision {
  return decisions(moment);
}

const decisions = onceAMoment(makeDecision);

function makeDecision(moment: Moment): Decision {
  const { state, now, force } = moment;
  const { owed, ejectedAt, away } = state;
  const unattended = moment.unattended === true && moment.wanted === undefined;
  if (away !== undefined || moment.heldBack || unattended || (ejectedAt !== undefined && !force))
    return { action: "none", next: Infinity };
  const reason = reasonOf(moment);
  const reloadable = owed?.kind === "reload" && (force || owed.notBefore <= now);
  // A renewal reloads nobody: it must not starve what is owed.
  if (reloadable && !force && isAliveRenewable(moment)) return { action: "reload", next: now };
  if (reason !== undefined && blockedUntil(moment, reason) <= now) {
    return { action: gainsByRenewal(moment, reason) ? "renew" : "mint", reason, next: now };
  }
  if (reloadable) return { action: "reload", next: now };
  return { action: "none", ...(reason && { reason }), next: nextLook(moment, reason) };
}

/** A new lease is needed now: nothing works, or what works nears its end. Never blocked by the budget, only paced. */
export function isPressing(moment: Moment): boolean {
  const lease = publishedLease(moment.state);
  if (lease === undefined || moment.state.owed?.kind === "publish") return true;
  return lease.phase === "gone" || isLost(moment) || isUnsure(moment, lease) || nearsEnd(moment, lease);
}

function nearsEnd(moment: Moment, lease: LeaseState): boolean {
  const { rotation, cron, now } = moment;
  return now >= Math.min(warnOfHeld(moment), warnAt(lease, rotation.refresh, cron));
}

/** Until when what is wanted has to wait: its own backoff, or the budget. */
export function blockedUntil(moment: Moment, reason: Reason | undefined): number {
  if (moment.force) return moment.now;
  return Math.max(retryAt(moment), budgetFreeAt(moment, reason));
}

function isAliveRenewable({ state, now }: Moment): boolean {
  const lease = publishedLease(state);
  return lease?.renewable === true && lease.phase === "live" && endOf(lease) > now + minute / 2;
}

/** A lease that dies with its login is not renewed for less than two thirds: it is minted with a new login. */
function gainsByRenewal({ state, rotation, now }: Moment, reason: Reason): boolean {
  const lease = publishedLease(state);
  if (lease === undefined || (reason !== "time" && reason !== "cadence")) return false;
  if (!lease.renewable || lease.spent || endOf(lease) <= now) return false;
  return (lease.diesAt ?? Infinity) > now + (yardstickOf(lease, rotation.ttl) * 2) / 3;
}

/** Renewals ask for the life once given (or the `ttl`), not for what they made of it. */
export function yardstickOf(lease: { readonly given: number | null }, ttl: number | undefined): number {
  return Math.min(ttl ?? Infinity, givenOf(lease));
}

/** No attempt before it: by its own backoff, unless the spec or a file that it names changed, a sibling succeeded since, or the machine had slept. */
function retryAt({ state, rotation, entry, sources }: Moment): number {
  const { failure } = state;
  if (failure === undefined) return 0;
  if (failure.specHash !== rotation.hash) return failure.at + second;
  if (sources !== undefined && failure.sources !== undefined && sources !== failure.sources) return failure.at + second;
  // What would help is seen when it comes; asking with the same again may lock the account.
  if (failure.person) return failure.sources === undefined ? failure.notBefore : Infinity;
  const lease = publishedLease(state);
  const place = lease?.jitter ?? 0.5;
  const shared = failure.kind === "unavailable" || failure.kind === "unknown";
  const cap = retryCap(lease ? givenOf(lease) : Infinity, rotation.retry.max);
  // A path of its own that stays broken is not woken by every sibling.
  const mayWake = shared && failure.at - failure.wokenAt > cap && entry.okAt > failure.at;
  const woken = mayWake ? entry.okAt + place * clamp(entry.waiting * 100, second, minute) : Infinity;
  const awake = entry.wokeAt > failure.at ? entry.wokeAt + second + place * 5 * second : Infinity;
  return Math.min(failure.notBefore, woken, awake);
}

/**
 * Judged from what happened and from the present limit, never stored: a raised limit counts at the next look. What came to nothing before the last success does
 * not hold the next refresh back, and what is due by its schedule or nears its end is not replaced early, whatever else is wrong with it.
 */
export function budgetFreeAt(moment: Moment, reason: Reason | undefined): number {
  const { state, rotation, now } = moment;
  const lease = publishedLease(state);
  const early = isEarly(reason) && !(lease !== undefined && (nearsEnd(moment, lease) || isTime(moment)));
  const endless = lease !== undefined && givenOf(lease) === Infinity;
  if (!early && !endless && isPressing(moment)) return now;
  const counted = early ? state.early : state.waste.filter((at) => at > (state.lastSuccessAt ?? 0));
  const { perMinute, perHour } = rotation.budget;
  return Math.max(
    freeAt(counted, { limit: perMinute, span: minute, now }),
    freeAt(counted, { limit: perHour, span: hour, now }),
  );
}

function freeAt(
  instants: readonly number[],
  { limit, span, now }: { readonly limit: number; readonly span: number; readonly now: number },
): number {
  const within = instants.filter((at) => at > now - span);
  return within.length < limit ? now : within[within.length - limit]! + span;
}

/** When there may be something to do again: the due time, the end of what blocks it, an owed reload. */
function nextLook(moment: Moment, reason: Reason | undefined): number {
  const { state, rotation, now, cron } = moment;
  const lease = publishedLease(state);
  const due = lease === undefined ? now : shouldAt(lease, rotation.refresh, cron);
  const owed = state.owed?.kind === "reload" ? state.owed.notBefore : Infinity;
  const wanted = reason === undefined ? due : blockedNext(moment, reason);
  return Math.max(Math.min(wanted, owed, proofAt(moment)), now + shortestPause);
}

/** Blocked by the budget: looked at again when its time comes, and when it begins to press. */
function blockedNext(moment: Moment, reason: Reason): number {
  return Math.min(blockedUntil(moment, reason), Math.max(freedAt(moment, reason), retryAt(moment)));
}

/** When the budget holds it back no longer, however full it is. */
function freedAt(moment: Moment, reason: Reason): number {
  const { state, rotation, cron } = moment;
  const lease = publishedLease(state);
  if (lease === undefined) return Infinity;
  if (isEarly(reason) && !isTime(moment)) return shouldAt(lease, rotation.refresh, cron);
  return isPressing(moment) ? Infinity : warnAt(lease, rotation.refresh, cron);
}
