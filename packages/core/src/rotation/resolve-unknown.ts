import type { SinkEntry } from "../loading/model.ts";
import { ruleOut } from "./late-writes.ts";
import { observeOne } from "./observe.ts";
import { isReadable, type Session } from "./session.ts";

/** An unknown outcome is never failure: a fencing write kills a late one, then the sink is asked. Twice; then it may hold both. */
export async function resolveUnknown(
  session: Session,
  sink: SinkEntry,
  lease: string,
): Promise<"written" | "failed" | "unknown"> {
  for (let tries = 0; tries < 2; tries++) {
    const ruledOut = (await ruleOut(session, sink, [lease])) !== "possible";
    if (!isReadable(sink)) return "unknown";
    if (!ruledOut && sink.part.lateWrites === undefined) continue;
    const seen = await observeOne(session, sink);
    if (!("holding" in seen)) continue;
    if (seen.holding === lease) return "written";
    return ruledOut ? "failed" : "unknown";
  }
  return "unknown";
}
