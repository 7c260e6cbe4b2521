import type { RotationDeps } from "../rotation/session.ts";
import { createFleetRounds } from "./fleet.ts";
import { createRounds, type Rounds, type RoundsOptions } from "./rounds.ts";

/** The work of a daemon on all its rotations: those of this machine, and beside them, without waiting for each other, those that a fleet shares. */
export function createAllRounds(options: RoundsOptions): Rounds {
  const { parts, rotations } = options;
  const { halves, ...deps } = parts.deps;
  if (halves === undefined) return createRounds(options);
  const { local, shared, isPinned } = halves;
  function over({ store, claims }: Pick<RotationDeps, "store" | "claims">): RoundsOptions {
    return { ...options, parts: { ...parts, deps: { ...deps, store, claims } } };
  }
  const own = createRounds({ ...over(local), rotations: rotations.filter(isPinned) });
  const moving = { ...over(shared), rotations: rotations.filter((rotation) => !isPinned(rotation)) };
  // A queue gives whatever is due: who keeps only some asks for them by name.
  const fleet = options.isWhole ? createFleetRounds(moving) : createRounds(moving);
  return {
    async startDue() {
      await fleet.startDue();
      await own.startDue();
    },
    untilNext: () => Math.min(own.untilNext(), fleet.untilNext()),
    reconsider() {
      own.reconsider();
      fleet.reconsider();
    },
    visited() {
      own.visited();
      fleet.visited();
    },
    isWorking: () => own.isWorking() || fleet.isWorking(),
    drain: async () => void (await Promise.all([own.drain(), fleet.drain()])),
  };
}
