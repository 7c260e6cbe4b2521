import { dropLease } from "../retire.ts";
import { end, type Phase } from "../phase.ts";
import { runProbes } from "../probes.ts";

/** Tries the new credential before any sink is touched, again and again within its window: some issuers propagate slowly. */
export const verifyPhase: Phase = {
  name: "verify",
  stoppable: true,
  applies: ({ rotation }) => rotation.verify.length > 0,
  async run(session, attempt) {
    const { deps, rotation, signal } = session;
    await runProbes(deps, rotation.verify, { scope: attempt.minted!.scope, signal });
    await session.journal({ type: "phase", phase: "verified" });
    return attempt;
  },
  async failed(session, attempt, failure) {
    await dropLease(session, attempt.lease!);
    return end("failed", `the new credential does not work yet: ${failure.report.message}`);
  },
};
