import type { Outcome } from "../report.ts";
import { allHold } from "../store/state.ts";
import { noteFailure } from "./failure.ts";
import { dropStaged } from "./left-overs.ts";
import { isStop, runPhases, type Phase } from "./phase.ts";
import { recoveryPhases } from "./phases.ts";
import { sinkIds, type Attempt, type Ended, type Session } from "./session.ts";

/** Runs phases to the end of an attempt: what was rolled back is reloaded again, what failed is kept. */
export async function runAttempt(phases: readonly Phase[], session: Session, first: Attempt): Promise<Ended> {
  try {
    const ended = await runStaging(phases, session, first);
    const final = ended.rolledBack ? await finishRollback(session, ended) : ended;
    if (!isStop(final)) await noteFailure(session, final);
    return final;
  } finally {
    for (const { release } of session.prepared) release?.();
    session.prepared.clear();
  }
}

/** Whatever comes, what was staged is written or removed. */
async function runStaging(phases: readonly Phase[], session: Session, first: Attempt): Promise<Ended> {
  try {
    return await runPhases(phases, session, first);
  } finally {
    await dropStaged(session);
  }
}

/** After the previous values were published again: their reload and health, and the report of the failure that led there. */
async function finishRollback(session: Session, ended: Ended): Promise<Ended> {
  const again = await runPhases(recoveryPhases(), session, { ...ended.attempt, owedOnly: false });
  const outcome: Outcome = again.outcome === "reload-owed" ? "reload-owed" : "failed";
  return {
    ...again,
    outcome,
    attempt: ended.attempt,
    phases: [...ended.phases.filter(({ result }) => result !== "not-run"), ...again.phases],
    ...(ended.failure && { failure: ended.failure }),
  };
}

/** What an attempt knows before its first phase. */
export function firstAttempt(
  { state, rotation }: Session,
  about: Pick<Attempt, "why" | "reason" | "owedOnly">,
): Attempt {
  const { settled, owed } = state();
  const candidate = owed?.kind === "reload" ? owed.lease : settled;
  const previous = allHold(state(), sinkIds(rotation), candidate) ? candidate : undefined;
  return {
    ...about,
    previous,
    sinks: rotation.sinks.map(({ type, target }) => ({ type, target, result: "not-run" })),
  };
}
