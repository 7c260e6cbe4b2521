import { allHold } from "../../store/state.ts";
import { adoptionShown } from "../adoption.ts";
import { observeAll } from "../observe.ts";
import { end, type Phase } from "../phase.ts";
import { sinkIds } from "../session.ts";

/** All sinks hold the lease, every reload and probe succeeded, and the sinks still hold it: only now do the consumers hold nothing else. */
export const settlePhase: Phase = {
  name: "settle",
  async run(session, attempt) {
    const { state, rotation } = session;
    const owed = state().owed!;
    await observeAll(session);
    if (!allHold(state(), sinkIds(rotation), owed.lease)) {
      await session.journal({
        type: "mixed",
        lease: owed.lease,
        why: "drift: a sink was changed while the consumer was being reloaded",
      });
      return end("reload-owed", "a sink was changed while the consumer was being reloaded");
    }
    const rolledBack = owed.rolledBack === true;
    await session.journal({
      type: "settled",
      lease: owed.lease,
      adopted: adoptionShown(rotation),
      specHash: rotation.hash,
    });
    const settled = { succeeded: true, attempt };
    if (rolledBack) return end("failed", `${owed.why}; the previous credential is in use again`, settled);
    return end("rotated", attempt.why, settled);
  },
  failed: async (_session, _attempt, failure) => end("reload-owed", failure.report.message),
};
