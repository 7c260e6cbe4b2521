/** Writes whose answer was lost: what makes them fail, and for how long else they count as done. */
import { sleepOrWake } from "@rotate/runtime";
import type { SinkEntry } from "../loading/model.ts";
import { pendingWrites, postponed } from "../store/pending.ts";
import type { LateWrite, LeaseId } from "../store/state.ts";
import { innerError } from "./errors.ts";
import { callSink, timeLimits } from "./invoke.ts";
import type { Session } from "./session.ts";

/** What becomes of a write that may be on its way: the target refuses it, it ended with the process that made it, or it may land. */
type LateEnd = "refused" | "ended" | "possible";

/**
 * Makes a write of these leases that may be on its way fail when it comes. Where that cannot be done, the sink may hold them for as long as it says, from now on:
 * a process that stood still may have written only just now.
 */
export async function ruleOut(session: Session, sink: SinkEntry, leases: readonly LeaseId[]): Promise<LateEnd> {
  await session.guard();
  const { lateWrites } = sink.part;
  const canFence = sink.part.fence !== undefined;
  if (canFence && (await fenced(session, sink))) return "refused";
  if (lateWrites !== undefined && leases.length > 0)
    await session.journal({ type: "late", sink: sink.id, leases, until: session.now() + lateWrites });
  return !canFence && lateWrites === undefined ? "ended" : "possible";
}

async function fenced(session: Session, sink: SinkEntry): Promise<boolean> {
  try {
    await callSink({ deps: session.deps, sink }, { timeout: timeLimits.commit }, async (ctx) => sink.part.fence?.(ctx));
    return true;
  } catch (error) {
    session.warn(`a late write to ${sink.target} could not be ruled out: ${innerError(error).message}`);
    return false;
  }
}

/** Writes to a sink that may still land over this lease. */
export function overdue({ state, deps }: Session, { id }: SinkEntry, lease: LeaseId): readonly LateWrite[] {
  const clock = deps.clock.note();
  return pendingWrites(postponed(state(), clock).sinks[id], clock.time).filter((write) => write.lease !== lease);
}

/** A write may land in the very moment that is its last. ms */
const after = 1;

/** A clock that jumps is seen after so long at most. ms */
const longestWait = 30_000;

/** Waits until no write may land over this lease any more. False: the process was asked to stop before. */
export async function outlast(session: Session, sinks: readonly SinkEntry[], lease: LeaseId): Promise<boolean> {
  const { deps, signal, now } = session;
  for (;;) {
    const until = Math.max(0, ...sinks.flatMap((sink) => overdue(session, sink, lease)).map((write) => write.until));
    if (until === 0) return true;
    if (signal.aborted) return false;
    await sleepOrWake(deps.runtime, Math.min(until - now() + after, longestWait), signal);
  }
}
