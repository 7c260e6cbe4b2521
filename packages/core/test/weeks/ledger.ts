/** Compares what `status` lists as living upstream with the issuer's ledger. */
import type { View } from "./engine.ts";
import type { Case, Judge } from "./judge.ts";
import { inFlight } from "./limits.ts";
import { awayAt } from "./outside.ts";
import { hour, lengthText, minute } from "./scenario.ts";

/** Leases that live upstream are listed, those whose mint's answer was lost as well; and none for ever. */
export function judgeLedger(judge: Judge, each: Case, view: View): void {
  const { world, limits } = judge;
  const { period, changes, maxTtl } = world.scenario.shape;
  const now = world.clock.now();
  // A password of everybody is no lease of ours, and of a renewal whose answer was lost nobody knows the new end.
  const isUncounted = period !== undefined || changes !== undefined || maxTtl !== undefined;
  if (isUncounted || limits.clocky(now) || awayAt(world.outside, now)) return;
  const alive = each.place.tokens.filter(({ end }) => end > now).length;
  if (alive > view.listed) mislisted(judge, `${alive} leases live, ${view.listed} are listed`);
  const end = Math.max(each.unknownUntil, lastEndOfProcess(judge) + Math.max(limits.life, 12 * hour));
  // Of one that is in hand nobody knows either: it is announced before the login that it needs.
  const isInHand = now - Math.max(each.lastCall, judge.loggedInAt()) < inFlight;
  if (view.unknown > 0 && !isInHand && now > end + visitLag(judge))
    mislisted(judge, `${view.unknown} leases are unknown, the last must have ended ${lengthText(now - end)} ago`);
}

function mislisted({ result, bad }: Judge, what: string): void {
  result.mislisted++;
  bad("mislisted", what);
}

/** A process may have ended in the middle of a mint. */
function lastEndOfProcess({ world: { outside, kills, clock } }: Judge): number {
  const now = clock.now();
  const ends = [...outside.aways.map(({ to }) => to), ...kills].filter((at) => at <= now);
  return Math.max(-Infinity, ...ends);
}

/** It is forgotten two minutes after its end, at the next visit: when the lease in use is due, or at a run. */
function visitLag({ limits, world: { scenario } }: Judge): number {
  return limits.life + (scenario.cron ?? 0) + 5 * minute;
}
