import type { ReloadEvent } from "@rotate/plugin-kit";
import { reloadBackoff } from "../../schedule/backoff.ts";
import type { ReloadEntry } from "../../spec/model.ts";
import { shortFingerprint } from "../../store/fingerprint.ts";
import { innerError, type Failure } from "../errors.ts";
import { callPart } from "../invoke.ts";
import { end, type End, type Phase } from "../phase.ts";
import { rollBack } from "../rollback.ts";
import type { Attempt, Session } from "../session.ts";

/** Makes the consumers pick the new credential up. Journaled before it starts, so that a reload that restarts us cannot storm. */
export const reloadPhase: Phase = {
  name: "reload",
  async run(session, attempt) {
    const { owed } = session.state();
    if (owed === undefined) return end("failed", "nothing is published");
    await session.journal({ type: "reload-begin", notBefore: session.now() + reloadBackoff(owed.tries + 1) });
    if (owed.reloaded) return attempt;
    const failed = await runReloads(session, attempt);
    if (failed !== undefined) throw failed;
    if (attempt.healthyBefore === false) await session.journal({ type: "reloaded" });
    return attempt;
  },
  failed: reloadOwed,
};

/** A published credential that nobody picked up is durable, alarmed work; with `onFailure: rollback` the previous one may be published again. */
export async function reloadOwed(session: Session, attempt: Attempt, failure: Failure): Promise<End> {
  const rolledBack = await rollBack(session, attempt, failure);
  return rolledBack ?? end("reload-owed", failure.report.message, { failure });
}

/** In order; one that says `continueOnError` lets the next ones run, and still counts. */
async function runReloads(session: Session, attempt: Attempt): Promise<unknown> {
  let first: unknown;
  for (const reload of session.rotation.reloads) {
    const error = await tryReload(session, attempt, reload);
    if (error === undefined) continue;
    first ??= error;
    if (!reload.continueOnError) return first;
  }
  return first;
}

async function tryReload(session: Session, attempt: Attempt, reload: ReloadEntry): Promise<unknown> {
  const { deps, rotation } = session;
  await session.guard();
  try {
    const run = (rotations: readonly string[]): Promise<void> =>
      callPart({ runtime: deps.runtime, bound: { ...reload, kind: "reload" } }, { timeout: reload.timeout }, (ctx) =>
        reload.part.run(eventOf(session, attempt, rotations), ctx),
      );
    await (reload.name === undefined ? run([rotation.name]) : deps.gate.arrive(reload.name, rotation.name, run));
    return undefined;
  } catch (error) {
    innerError(error);
    return error;
  }
}

/** What a reload is told, from the journal. Several rotations that share a reload are named together. */
function eventOf({ state, rotation }: Session, attempt: Attempt, rotations: readonly string[]): ReloadEvent {
  const { owed, leases } = state();
  const lease = leases[owed?.lease ?? ""];
  return {
    rotation: rotations.includes(rotation.name) ? rotations.join(",") : rotation.name,
    reason: owed?.rolledBack ? "rolled-back" : attempt.owedOnly ? "owed" : "rotated",
    fingerprint: shortFingerprint(lease?.fingerprint ?? ""),
    expiresAt: lease?.expiresAt == null ? "never" : new Date(lease.expiresAt),
    written: owed?.written ?? [],
  };
}
