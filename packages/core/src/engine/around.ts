import type { RotationDeps } from "../rotation/session.ts";
import { withFleet } from "./fleet-status.ts";
import { withHeldBack } from "./held-back.ts";

/** The engine's deps with what is known around the rotations at the moment: what a list holds back, and labels that no machine serves. Nobody is asked for those where none is named. */
export async function withAround(parts: Parameters<typeof withHeldBack>[0]): Promise<RotationDeps> {
  const deps = await withHeldBack(parts);
  const isLabelled = parts.spec.rotations.some(({ runsOn }) => runsOn !== undefined);
  return isLabelled ? withFleet(deps, await deps.peers?.look()) : deps;
}
