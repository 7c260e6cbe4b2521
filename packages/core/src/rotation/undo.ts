import { RotateError } from "@rotate/plugin-kit";
import type { SinkEntry } from "../loading/model.ts";
import type { ErrorReport, PhaseReport } from "../report.ts";
import { endOf, marginOf } from "../schedule/schedule.ts";
import type { LeaseState } from "../store/state.ts";
import { failureOf, innerError, isDefinite } from "./errors.ts";
import { callSink, timeLimits } from "./invoke.ts";
import { isBroken } from "./moment.ts";
import { markOf } from "./phase.ts";
import { resolveUnknown } from "./resolve-unknown.ts";
import type { Attempt, Session, SinkWrite } from "./session.ts";

/**
 * May the written sinks be put back? Only if all sinks were on one lease before, it works as far as anybody knows and outlives its margin, the issuer lets both live at
 * once, and every written sink can be undone.
 */
export function canUndo(session: Session, attempt: Attempt, writes: readonly SinkWrite[]): boolean {
  const { state, rotation } = session;
  const previous = attempt.previous === undefined ? undefined : state().leases[attempt.previous];
  if (previous === undefined || previous.phase !== "live" || isBroken(previous)) return false;
  if (rotation.provider.part.overlap === false || !outlivesMargin(session, previous)) return false;
  return writes.every(({ prepared }) => prepared.undo !== undefined);
}

function outlivesMargin({ rotation, state, now }: Session, lease: LeaseState): boolean {
  const { attempt, owed, leases } = state();
  const late = lagBehind(lease, leases[attempt?.lease ?? owed?.lease ?? ""]);
  return endOf(lease) - late - marginOf(lease, rotation.refresh) > now();
}

/** By the issuer's clock more may have passed between two leases than by rotation time, when ours was set back across a boot. */
function lagBehind(before: LeaseState, after: LeaseState | undefined): number {
  if (before.told === undefined || after?.told === undefined) return 0;
  return Math.max(after.told - before.told - (after.asOf - before.asOf), 0);
}

/** Puts the written sinks back, last first: a phase of its own, beside the one that failed. Undefined: none was written. Failed: the sinks are mixed. */
export async function undoWrites(
  session: Session,
  writes: readonly SinkWrite[],
  to: string,
): Promise<PhaseReport | undefined> {
  if (writes.length === 0) return undefined;
  const { onEvent, runtime } = session.deps;
  const rotation = session.rotation.name;
  onEvent({ type: "phase-started", rotation, phase: "undo" });
  const start = runtime.monotonic();
  const error = await whyNotUndone(session, writes, to);
  const phase: PhaseReport = {
    phase: "undo",
    result: error === undefined ? "succeeded" : "failed",
    durationMs: Math.round(runtime.monotonic() - start),
    ...(error && { error }),
  };
  onEvent({ type: "phase-finished", rotation, phase, ...markOf(session, to) });
  return phase;
}

async function whyNotUndone(
  session: Session,
  writes: readonly SinkWrite[],
  to: string,
): Promise<ErrorReport | undefined> {
  for (const { sink, prepared, scope } of writes.toReversed()) {
    await session.journal({ type: "undoing", sink: sink.id, to });
    await session.guard();
    const previous = session.state().leases[to];
    if (previous === undefined || !outlivesMargin(session, previous)) return failureOf(tooLate(sink), inUndo).report;
    try {
      await callSink({ deps: session.deps, sink }, { timeout: timeLimits.commit, scope }, async (ctx) =>
        prepared.undo?.(ctx),
      );
    } catch (error) {
      const answered = isDefinite(innerError(error)) ? "failed" : await resolveUnknown(session, sink, to);
      if (answered !== "written") return failureOf(error, inUndo).report;
    }
    await session.journal({ type: "undone", sink: sink.id, to });
  }
  return undefined;
}

const inUndo = { phase: "undo" } as const;

function tooLate({ target }: SinkEntry): RotateError {
  return new RotateError(`the previous credential came too near its end before ${target} could be put back`, {
    code: "CONFLICT",
    retryable: false,
    noEffect: true,
    hint: "nothing: a new one is published at once",
  });
}
