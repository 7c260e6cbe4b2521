import type { Phase } from "../phase.ts";
import { runProbes } from "../probes.ts";
import { reloadOwed } from "./reload.ts";

/** Does the consumer work with what it holds now? A consumer that was ill before is not rolled back: it was not us. */
export const healthPhase: Phase = {
  name: "health",
  applies: ({ rotation }) => rotation.health.length > 0,
  async run(session, attempt) {
    await runProbes(session.deps, session.rotation.health, { signal: session.signal });
    return attempt;
  },
  failed: reloadOwed,
};
