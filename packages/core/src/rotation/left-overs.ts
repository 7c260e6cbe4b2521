import type { Claim } from "../backend/claim.ts";
import type { SinkEntry } from "../loading/model.ts";
import { failureOf } from "./errors.ts";
import { callSink, timeLimits } from "./invoke.ts";
import type { Session, SinkWrite } from "./session.ts";

/**
 * Removes what a process staged for the rotation's sinks that died before it was written: it holds a credential. To be called as soon as the rotation's claim is
 * had, with nothing prepared, whatever the claim is for. A state that has only just begun has no earlier process, and where the claim before was this process's
 * own, there was none in between.
 */
export async function sweepLeftOvers(
  session: Pick<Session, "rotation" | "deps" | "state" | "guard" | "warn">,
): Promise<void> {
  const { rotation, deps, state } = session;
  const { epoch, seq, attempt } = state();
  const before = deps.swept?.get(rotation);
  deps.swept?.set(rotation, epoch);
  if (seq <= 1 || before === epoch - 1) return;
  const tick = before === undefined && attempt === undefined ? deps.tick : undefined;
  for (const sink of rotation.sinks.filter(({ part }) => part.tidy !== undefined)) {
    await session.guard();
    try {
      for (const mark of marksOf(session, sink))
        await callSink({ deps, sink }, { timeout: timeLimits.prepare }, async (ctx) =>
          sink.part.tidy?.({ ...ctx, mark, ...(tick && { tick }) }),
        );
    } catch (error) {
      deps.swept?.set(rotation, neverSwept);
      const { report } = failureOf(error, { phase: "recover" });
      session.warn(`what an earlier run staged for ${sink.target} could not be removed: ${report.message}`);
    }
  }
}

/** No claim has this epoch: what could not be removed is looked for under the next one. */
const neverSwept = -1;

/** The same for a claim that is taken for another purpose than to rotate. */
export function sweepUnder(claim: Claim, at: Pick<Session, "rotation" | "deps">): Promise<void> {
  const { log } = at.deps.runtime;
  return sweepLeftOvers({ ...claim, ...at, warn: (message) => log.warn(message) });
}

/** Names what a sink of a rotation stages, in every process over this state alike, and in none over another: for `prepare` and `tidy`. */
export function markOf({ rotation, deps }: Pick<Session, "rotation" | "deps">, { id }: Pick<SinkEntry, "id">): string {
  return deps.fingerprint(`${rotation.name}/${id}`);
}

/** The sink's mark, and those that it had under another key, or when the spec gave it other keys or the rotation another name. */
function marksOf(session: Pick<Session, "rotation" | "deps" | "state">, sink: SinkEntry): readonly string[] {
  const { rotation, deps, state } = session;
  const known = Object.values(state().sinks).filter(({ type, target }) => type === sink.type && target === sink.target);
  const ids = new Set([sink, ...known].map(({ id }) => id));
  const names = [rotation.name, ...(rotation.renamedFrom === undefined ? [] : [rotation.renamedFrom])];
  const { fingerprint } = deps;
  const staged = names.flatMap((name) => [...ids].map((id) => `${name}/${id}`));
  return staged.flatMap((text) => fingerprint.every?.(text) ?? [fingerprint(text)]);
}

/**
 * Removes what was prepared and not written: it holds a credential, and this process lives on. It leaves targets as they are, so it is right even when the
 * state can no longer be written or the claim is another's. Throws nothing.
 */
export async function dropStaged(session: Dropping): Promise<void> {
  for (const write of session.staged) await dropWrite(session, write);
}

type Dropping = Pick<Session, "rotation" | "deps" | "staged" | "warn">;

/** Removes what one write staged, whether it was tried or not. Throws nothing. */
export async function dropWrite(session: Dropping, write: SinkWrite): Promise<void> {
  const { sink, prepared, scope } = write;
  try {
    await callSink({ deps: session.deps, sink }, { timeout: timeLimits.prepare, scope }, async (ctx) =>
      prepared.undo?.(ctx),
    );
  } catch (error) {
    session.deps.swept?.set(session.rotation, neverSwept);
    const { report } = failureOf(error, { phase: "prepare" });
    session.warn(`what was begun at ${sink.target} could not be taken back: ${report.message}`);
  }
  session.staged.delete(write);
}
