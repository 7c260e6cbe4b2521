import type { SinkEntry } from "../loading/model.ts";
import { innerError } from "./errors.ts";
import { callSink, timeLimits } from "./invoke.ts";
import { observeOne } from "./observe.ts";
import { isReadable, type Session } from "./session.ts";

/** An unknown outcome is never failure: a fencing write kills a late one, then the sink is asked. Twice; then it may hold both. */
export async function resolveUnknown(
  session: Session,
  sink: SinkEntry,
  lease: string,
): Promise<"written" | "failed" | "unknown"> {
  if (!isReadable(sink)) return "unknown";
  for (let tries = 0; tries < 2; tries++) {
    await session.guard();
    if (sink.part.fence !== undefined && !(await fenced(session, sink))) continue;
    const seen = await observeOne(session, sink);
    if ("holding" in seen) return seen.holding === lease ? "written" : "failed";
  }
  return "unknown";
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
