import type { SinkEntry } from "../loading/model.ts";
import { failureOf } from "./errors.ts";
import { callSink, timeLimits } from "./invoke.ts";
import type { Session } from "./session.ts";

/**
 * Removes what a process staged for the rotation's sinks that died before it was written: it holds a credential. Only an attempt that nobody ended can have
 * left something, so that a look costs nothing otherwise. To be called under the rotation's claim, with nothing prepared.
 */
export async function sweepLeftOvers(
  session: Pick<Session, "rotation" | "deps" | "state" | "guard" | "warn">,
): Promise<void> {
  const { rotation, deps, state } = session;
  if (state().attempt === undefined) return;
  for (const sink of rotation.sinks.filter(({ part }) => part.tidy !== undefined)) {
    await session.guard();
    try {
      await callSink({ deps, sink }, { timeout: timeLimits.prepare }, async (ctx) =>
        sink.part.tidy?.({ ...ctx, mark: markOf(session, sink) }),
      );
    } catch (error) {
      const { report } = failureOf(error, { phase: "recover" });
      session.warn(`what an earlier run staged for ${sink.target} could not be removed: ${report.message}`);
    }
  }
}

/** Names what a sink of a rotation stages, in every process over this state alike, and in none over another: for `prepare` and `tidy`. */
export function markOf({ rotation, deps }: Pick<Session, "rotation" | "deps">, { id }: Pick<SinkEntry, "id">): string {
  return deps.fingerprint(`${rotation.name}/${id}`);
}
