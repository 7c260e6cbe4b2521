import { isNoTurn } from "../permits/turn.ts";
import type { Failure } from "./errors.ts";
import { end, type End } from "./phase.ts";
import type { Attempt, Session, SinkWrite } from "./session.ts";
import { canUndo, undoWrites } from "./undo.ts";

/**
 * `onFailure: rollback`: publishes the previous values again; their reload and health then run as owed work of the same attempt. Only in the process that has
 * them in memory, only once per previous lease, never when the consumer was ill before. Undefined when it does not apply: then the reload stays owed.
 */
export async function rollBack(session: Session, attempt: Attempt, failure: Failure): Promise<End | undefined> {
  const writes = (attempt.writes ?? []).filter(({ prepared }) => prepared.changed);
  if (isNoTurn(failure.error) || !applies(session, attempt, writes)) return undefined;
  const previous = attempt.previous!;
  await session.journal({ type: "rolling-back", to: previous });
  const undo = await undoWrites(session, writes, previous);
  if (undo?.result === "failed") {
    const reason = `rolling back failed after: ${failure.report.message}`;
    await session.journal({ type: "mixed", lease: attempt.lease!, why: reason });
    return end("reload-owed", `the sinks are mixed: ${reason}`, { failure, undo });
  }
  const written = writes.map(({ sink }) => ({ type: sink.type, target: sink.target, keys: Object.keys(sink.values) }));
  await session.journal({ type: "published", lease: previous, written, rolledBack: true, why: failure.report.message });
  const sinks = attempt.sinks.map((sink) =>
    sink.result === "written" ? { ...sink, result: "undone" as const } : sink,
  );
  return end("failed", failure.report.message, {
    failure,
    undo,
    attempt: { ...attempt, writes: [], sinks },
    rolledBack: true,
  });
}

function applies(session: Session, attempt: Attempt, writes: readonly SinkWrite[]): boolean {
  const { rotation, state, signal } = session;
  if (rotation.onFailure !== "rollback" || attempt.owedOnly || signal.aborted) return false;
  if (attempt.healthyBefore === false || writes.length === 0) return false;
  if (attempt.previous === undefined || state().rolledBackTo === attempt.previous) return false;
  return canUndo(session, attempt, writes);
}
