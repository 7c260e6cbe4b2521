import type { Prepared } from "@rotate/plugin-kit";
import type { SinkEntry } from "../../loading/model.ts";
import { hasWritten } from "../../store/state.ts";
import { failureOf } from "../errors.ts";
import { callSink, timeLimits } from "../invoke.ts";
import { markOf } from "../left-overs.ts";
import { end, type Phase } from "../phase.ts";
import { dropLease } from "../retire.ts";
import { commitOrder, type MintedCredential, type Session, type SinkWrite } from "../session.ts";

/** Makes every write ready: all that can fail fails here, before anything has changed. */
export const preparePhase: Phase = {
  name: "prepare",
  stoppable: true,
  async run(session, attempt) {
    const writes: SinkWrite[] = [];
    try {
      for (const sink of commitOrder(session.rotation)) writes.push(await prepareSink(session, sink, attempt.minted!));
    } catch (error) {
      await tidyUp(session, writes);
      throw error;
    }
    await session.journal({ type: "phase", phase: "prepared" });
    return {
      ...attempt,
      writes,
      sinks: writes.map(({ sink }) => ({ type: sink.type, target: sink.target, result: "not-run" })),
    };
  },
  async failed(session, attempt, failure) {
    await dropLease(session, attempt.lease!);
    return end("failed", failure.report.message);
  },
};

/** Prepares one sink. */
export async function prepareSink(
  session: Session,
  sink: SinkEntry,
  { values: all, scope }: Pick<MintedCredential, "values" | "scope">,
): Promise<SinkWrite> {
  const values = all.get(sink.id) ?? {};
  const prepared: Prepared = await callSink(
    { deps: session.deps, sink },
    { timeout: timeLimits.prepare, scope },
    (ctx) =>
      sink.part.prepare(values, {
        ...ctx,
        ours: hasWritten(session.state(), sink.id),
        mark: markOf(session, sink),
      }),
  );
  return { sink, values, prepared, scope };
}

/** Undo of a write that never ran: it removes what `prepare` staged. */
export async function tidyUp(session: Session, writes: readonly SinkWrite[]): Promise<void> {
  for (const { sink, prepared, scope } of writes) {
    const { undo } = prepared;
    if (!undo) continue;
    await session.guard();
    try {
      await callSink({ deps: session.deps, sink }, { timeout: timeLimits.prepare, scope }, (ctx) => undo(ctx));
    } catch (error) {
      session.warn(
        `what was staged for ${sink.target} could not be removed: ${failureOf(error, { phase: "prepare" }).report.message}`,
      );
    }
  }
}
