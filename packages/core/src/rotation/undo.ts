import { endOf, marginOf } from "../schedule/schedule.ts";
import type { LeaseState } from "../store/state.ts";
import { innerError, isDefinite } from "./errors.ts";
import { callSink, timeLimits } from "./invoke.ts";
import { resolveUnknown } from "./resolve-unknown.ts";
import type { Attempt, Session, SinkWrite } from "./session.ts";

/**
 * May the written sinks be put back? Only if all sinks were on one lease before, it outlives its margin, the issuer lets both live at once,
 * and every written sink can be undone.
 */
export function canUndo(session: Session, attempt: Attempt, writes: readonly SinkWrite[]): boolean {
  const { state, rotation } = session;
  const previous = attempt.previous === undefined ? undefined : state().leases[attempt.previous];
  if (previous === undefined || previous.phase !== "live") return false;
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

/** Puts the written sinks back, last first. False when one could not be: then the sinks are mixed. */
export async function undoWrites(session: Session, writes: readonly SinkWrite[], to: string): Promise<boolean> {
  for (const { sink, prepared, scope } of writes.toReversed()) {
    await session.journal({ type: "undoing", sink: sink.id, to });
    await session.guard();
    const previous = session.state().leases[to];
    if (previous === undefined || !outlivesMargin(session, previous)) {
      session.warn(`the previous credential came too near its end before ${sink.target} could be put back`);
      return false;
    }
    try {
      await callSink({ deps: session.deps, sink }, { timeout: timeLimits.commit, scope }, async (ctx) =>
        prepared.undo?.(ctx),
      );
    } catch (error) {
      const answered = isDefinite(innerError(error)) ? "failed" : await resolveUnknown(session, sink, to);
      if (answered !== "written") {
        session.warn(`${sink.target} could not be put back: ${innerError(error).message}`);
        return false;
      }
    }
    await session.journal({ type: "undone", sink: sink.id, to });
  }
  return true;
}
