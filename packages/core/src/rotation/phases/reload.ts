import type { ReloadEvent } from "@rotate/plugin-kit";
import { EngineError } from "../../engine-error.ts";
import type { ReloadEntry } from "../../loading/model.ts";
import { shortFingerprint } from "../../store/fingerprint.ts";
import type { Failure } from "../errors.ts";
import { nextReloadAt } from "../failure.ts";
import { callReload } from "../invoke.ts";
import { end, type End, type Phase } from "../phase.ts";
import { rollBack } from "../rollback.ts";
import type { Attempt, Session } from "../session.ts";

/** Makes the consumers pick the new credential up. Journaled before it starts, so that a reload that restarts us cannot storm. */
export const reloadPhase: Phase = {
  name: "reload",
  applies: ({ rotation: { reloads, health } }) => reloads.length + health.length > 0,
  async run(session, attempt) {
    const { owed } = session.state();
    if (owed === undefined) return end("failed", "nothing is published");
    await session.journal({ type: "reload-begin", notBefore: nextReloadAt(session, owed.tries + 1) });
    if (owed.reloaded) return attempt;
    await runReloads(session, attempt);
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

/** In order; one that says `continueOnError` lets the next ones run, and still counts. Throws what the first failure threw. */
async function runReloads(session: Session, attempt: Attempt): Promise<void> {
  const errors: Error[] = [];
  for (const reload of session.rotation.reloads) {
    const error = await tryReload(session, attempt, reload);
    if (error === undefined) continue;
    errors.push(error);
    if (!reload.continueOnError) break;
  }
  if (errors[0] !== undefined) throw errors[0];
}

async function tryReload(session: Session, attempt: Attempt, reload: ReloadEntry): Promise<Error | undefined> {
  const { deps, rotation } = session;
  await session.guard();
  async function run(rotations: readonly string[]): Promise<void> {
    if (reload.group !== undefined) await session.group.enter(reload.group);
    await callReload({ deps, reload }, { timeout: reload.timeout }, (ctx) =>
      reload.part.run(eventOf(session, attempt, rotations), ctx),
    );
  }
  try {
    if (reload.name === undefined) await run([rotation.name]);
    else await deps.gate.arrive(reload.name, rotation.name, { settle: reload.settle, run });
    return undefined;
  } catch (error) {
    if (error instanceof EngineError) throw error;
    return error as Error;
  }
}

/** What a reload is told, from the journal. Several rotations that share a reload are named together. */
function eventOf({ state, rotation, deps }: Session, attempt: Attempt, rotations: readonly string[]): ReloadEvent {
  const { owed, leases } = state();
  const lease = leases[owed?.lease ?? ""];
  return {
    rotation: rotations.includes(rotation.name) ? rotations.join(",") : rotation.name,
    reason: owed?.rolledBack ? "rolled-back" : attempt.owedOnly ? "owed" : "rotated",
    fingerprint: shortFingerprint(lease?.fingerprint ?? ""),
    expiresAt: lease?.expiresAt == null ? "never" : new Date(deps.clock.wallAt(lease.expiresAt)),
    written: owed?.written ?? [],
  };
}
