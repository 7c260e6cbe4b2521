import type { Phase } from "./phase.ts";
import { commitPhase } from "./phases/commit.ts";
import { healthPhase } from "./phases/health.ts";
import { mintPhase } from "./phases/mint.ts";
import { preflightPhase } from "./phases/preflight.ts";
import { preparePhase } from "./phases/prepare.ts";
import { reloadPhase } from "./phases/reload.ts";
import { settlePhase } from "./phases/settle.ts";
import { verifyPhase } from "./phases/verify.ts";

/** One rotation, from preflight to settled. What each failure means stands with its phase. */
export function rotationPhases(): readonly Phase[] {
  return [preflightPhase, mintPhase, verifyPhase, preparePhase, commitPhase, ...recoveryPhases()];
}

/** What is owed once something is published. */
export function recoveryPhases(): readonly Phase[] {
  return [reloadPhase, healthPhase, settlePhase];
}
