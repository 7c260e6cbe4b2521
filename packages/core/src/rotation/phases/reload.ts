import type { ReloadEvent } from "@rotate/plugin-kit";
import { EngineError } from "../../engine-error.ts";
import type { ReloadEntry, ReloadGroup } from "../../loading/model.ts";
import { shortFingerprint } from "../../store/fingerprint.ts";
import type { Failure } from "../errors.ts";
import { nextReloadAt } from "../failure.ts";
import { callReload } from "../invoke.ts";
import { momentOf, mustOfHeld } from "../moment.ts";
import { end, stopping, type End, type Phase } from "../phase.ts";
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
    if (owed.reloaded) return withTurn(session, attempt);
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
    if (reload.group !== undefined && !attempt.owedOnly) await splay(session, reload.group);
    await takeTurn(session, reload);
    await callReload({ deps, reload }, { timeout: reload.timeout }, (ctx) =>
      reload.part.run(eventOf(session, attempt, rotations), ctx),
    );
  }
  try {
    if (reload.name === undefined) await run([rotation.name]);
    else await deps.gate.arrive(reload.name, rotation.name, { settle: reload.settle, run });
    await takeTurn(session, reload);
    return undefined;
  } catch (error) {
    if (error instanceof EngineError) throw error;
    return error as Error;
  }
}

/** Waits until its consumer may be away. Rotations that share a reload share its turn: the last of them gives it back. */
async function takeTurn(session: Session, { group, name }: Pick<ReloadEntry, "group" | "name">): Promise<void> {
  if (group === undefined) return;
  const { rotation, deps } = session;
  let waited = false;
  async function onWait(whom: string): Promise<void> {
    waited = true;
    deps.runtime.log.info("waits for its turn in a group of reloads", { rotation: rotation.name, whom });
    await session.journal({ type: "waits", whom });
  }
  try {
    await untilStop(session, (signal) =>
      session.group.enter({ group, consumer: name ?? rotation.name, rotation, signal, onWait }),
    );
  } finally {
    if (waited) await session.journal({ type: "waits" });
  }
}

/** Only the health of its consumer is missing: the turn that it kept is given back when that is well. */
async function withTurn(session: Session, attempt: Attempt): Promise<Attempt> {
  const { rotation, signal } = session;
  for (const { group, name } of rotation.reloads)
    if (group !== undefined)
      await session.group.resume({ group, consumer: name ?? rotation.name, rotation, signal, onWait: async () => {} });
  return attempt;
}

/** This machine's own part of the time over which reloads are spread, and never more than half of what is left. */
async function splay(session: Session, group: ReloadGroup): Promise<void> {
  const { deps, rotation, state, now } = session;
  const left = mustOfHeld(momentOf({ rotation, deps }, state())) - now();
  const pause = Math.min(deps.groups?.splayOf(group) ?? 0, Math.max(0, left / 2));
  if (pause > 0) await untilStop(session, (signal) => deps.runtime.sleep(pause, signal));
}

/** Waits, and gives up when the process is asked to stop: what is owed is taken up by the next one. */
async function untilStop<T>({ signal }: Session, wait: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const onStop = (): void => stop.abort(stopping());
  if (signal.aborted) onStop();
  signal.addEventListener("abort", onStop, { once: true });
  try {
    return await wait(stop.signal);
  } finally {
    signal.removeEventListener("abort", onStop);
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
