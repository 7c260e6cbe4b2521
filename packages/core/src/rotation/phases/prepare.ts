import type { LoggedIn, Prepared, SinkContext } from "@rotate/plugin-kit";
import type { SinkEntry } from "../../loading/model.ts";
import { hasWritten, type RotationState } from "../../store/state.ts";
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
    for (const sink of commitOrder(session.rotation))
      writes.push(await prepareSink(session, sink, { ...attempt.minted!, tick: session.deps.tick }));
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

/** What a sink is told of how it was written before. */
export function earlierWrite(state: RotationState, { id }: SinkEntry): Pick<SinkContext, "ours" | "made"> {
  const made = state.sinks[id]?.made;
  return { ours: hasWritten(state, id), ...(made !== undefined && { made }) };
}

/** Prepares one sink. `tick`: what was seen of its place in this tick is believed. */
export async function prepareSink(
  session: Session,
  sink: SinkEntry,
  {
    values: all,
    scope,
    tick,
  }: Pick<MintedCredential, "values" | "scope"> & {
    readonly tick?: object | undefined;
  },
): Promise<SinkWrite> {
  const values = all.get(sink.id) ?? {};
  const prepared: Prepared<LoggedIn> = await callSink(
    { deps: session.deps, sink },
    { timeout: timeLimits.prepare, scope },
    (ctx) =>
      sink.part.prepare(values, {
        ...ctx,
        ...earlierWrite(session.state(), sink),
        mark: markOf(session, sink),
        ...(tick && { tick }),
      }),
  );
  session.prepared.add(prepared);
  const write = { sink, values, prepared, scope };
  if (prepared.changed) session.staged.add(write);
  return write;
}
