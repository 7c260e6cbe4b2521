/** What a tick does with a rotation that is due: a run with nothing due does not load it, nor what it needs. */
import { RotateError } from "@rotate/plugin-kit";
import { sleepOrWake } from "@rotate/runtime";
import { settling } from "../backend/claim.ts";
import type { EngineEvent } from "../events.ts";
import type { Rotation } from "../loading/model.ts";
import type { RotationReport } from "../report.ts";
import { decide } from "../rotation/decide.ts";
import { failureOf } from "../rotation/errors.ts";
import type { Moment } from "../rotation/moment.ts";
import { rotate } from "../rotation/rotate.ts";
import type { RotationDeps } from "../rotation/session.ts";
import { lastErrorOf } from "../rotation/standing-text.ts";
import { errorReport } from "../rotation/visit-report.ts";
import { turnOf } from "./need.ts";
import { presentOf, untouchedReport } from "./quick-look.ts";
import { inOrder } from "./ready.ts";
import type { Slots } from "./slots.ts";
import { tellStandings } from "./tell.ts";
import type { TickOptions } from "./tick-options.ts";

/** One rotation that is worked on within a tick. */
export interface Job {
  readonly rotation: Rotation;
  readonly deps: RotationDeps;
  /** Monotonic ms. */
  readonly until: number;
  readonly slots: Slots;
  readonly pulledForward: boolean;
}

/** Of what is looked at, what would lose most by waiting first, else as they are given. @param now rotation time, ms */
export function urgentFirst(moments: readonly Moment[], now: number): readonly Rotation[] {
  return inOrder(moments.map(turnOf), now).map((at) => moments[at]!.rotation);
}

/** Rotates it, and again after a failure for as long as the tick has time. Never throws for what its report can say. */
export async function rotateUntil(job: Job, options: TickOptions): Promise<RotationReport> {
  const { rotation, deps, until } = job;
  try {
    for (let { force = false } = options; ;) {
      const report = await rotateLocked(job, { ...options, force });
      // What was asked for is asked for again; once something is published only the rest is owed.
      force &&= report.outcome === "failed" || report.outcome === "expired";
      deps.onEvent({ type: "rotation-finished", rotation: rotation.name, report });
      await tellStandings(deps, [report]);
      const retry = await retryOf(job, report);
      if (retry === undefined || options.signal.aborted) return report;
      const inTime = deps.runtime.monotonic() + Math.max(0, retry.at - deps.clock.now()) <= until;
      const told = { ...retry, at: deps.clock.wallAt(retry.at) };
      if (inTime || options.comesBack === true) deps.onEvent(told);
      if (!inTime) return report;
      deps.gate.leave(rotation.name);
      if (await stoppedWhileWaiting(job, retry.at, options.signal)) return report;
    }
  } finally {
    deps.gate.leave(rotation.name);
  }
}

/** Waits, and no longer than until a sibling's success says that the issuer is back. True when the process is asked to stop meanwhile. */
async function stoppedWhileWaiting(
  { rotation, deps, slots }: Job,
  first: number,
  signal: AbortSignal,
): Promise<boolean> {
  const { runtime, clock, entries } = deps;
  for (let at = first; at > clock.now();) {
    const woken = new AbortController();
    const stopListening = entries?.onSuccess(rotation.provider.name, () => woken.abort());
    const wait = at - clock.now();
    await slots.pause(() => sleepOrWake(runtime, wait, AbortSignal.any([signal, woken.signal])));
    stopListening?.();
    if (signal.aborted) return true;
    if (!woken.signal.aborted) return false;
    at = (await presentOf({ rotation, deps })).standing.next;
  }
  return signal.aborted;
}

type Retry = Extract<EngineEvent, { type: "retry-scheduled" }>;

/** When the next attempt makes sense (rotation time), after a failure now or in an earlier process; undefined when it does not in this run. */
async function retryOf({ rotation, deps }: Job, report: RotationReport): Promise<Retry | undefined> {
  if (report.outcome !== "failed" && report.outcome !== "reload-owed" && report.outcome !== "expired") return undefined;
  const { moment } = await presentOf({ rotation, deps });
  const { state } = moment;
  const { reason, next } = decide(moment);
  const error = lastErrorOf(state);
  const tried = report.phases.length > 0;
  if (reason === undefined && state.owed === undefined) return undefined;
  if (state.failure?.person === true || (tried && error?.retryable !== true)) return undefined;
  const told = error ? errorReport(error) : cutOff;
  return { type: "retry-scheduled", rotation: rotation.name, at: next, error: { ...told, retryable: true } };
}

/** An earlier process ended in the middle of a reload: nothing says how that went. */
const cutOff = failureOf(new RotateError("the reload was cut off", { code: "UNAVAILABLE", retryable: true }), {
  phase: "reload",
}).report;

async function rotateLocked({ rotation, deps, pulledForward }: Job, options: TickOptions): Promise<RotationReport> {
  const { force = false, cadence, lockTimeout: wait, signal } = options;
  const onWait = (): void => deps.onEvent({ type: "waiting-for-lock", rotation: rotation.name });
  const claim = await deps.claims.byName(rotation.name, { wait, signal, onWait });
  if (!claim) return untouchedReport({ rotation, deps }, { cadence, locked: true });
  return settling(claim, (_, leave) =>
    rotate({ rotation, deps, claim, leave }, { force, cadence, pulledForward, signal }),
  );
}
