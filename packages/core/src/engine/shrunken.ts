import { EngineError } from "../engine-error.ts";
import type { Spec } from "../loading/model.ts";
import type { RotationDeps } from "../rotation/session.ts";
import { standingOfOrphan } from "../rotation/standing.ts";
import type { RotationState } from "../store/state.ts";
import { timeOf } from "./quick-look.ts";

/**
 * A `foreach` list that lost more than a fifth of its entries (at least 2) while their credentials live is more likely a mishap than an edit.
 * Throws EngineError `ROTATE_SPEC_SHRUNKEN`; `rotate forget` says that an entry is gone for good.
 */
export async function refuseShrunken({ rotations }: Spec, deps: RotationDeps): Promise<void> {
  const families = Map.groupBy(rotations, ({ family }) => family);
  families.delete(undefined);
  if (families.size === 0) return;
  const names = new Set(rotations.map(({ name }) => name));
  const unknown = (await deps.store.names()).filter((name) => !names.has(name));
  for (const [family, present] of families) {
    const lost = await livingOf(
      unknown.filter((name) => name.startsWith(`${family}.`)),
      deps,
    );
    if (lost.length < 2 || lost.length * 5 <= lost.length + present.length) continue;
    throw new EngineError(
      `the list of ${family} lost ${lost.length} of ${lost.length + present.length} entries whose credentials still live`,
      {
        code: "ROTATE_SPEC_SHRUNKEN",
        exitCode: 2,
        hint: `put them back, or take each away for good: rotate forget ${lost[0]}`,
      },
    );
  }
}

async function livingOf(names: readonly string[], deps: RotationDeps): Promise<readonly string[]> {
  const states = await Promise.all(names.map((name) => deps.store.load(name)));
  return states.filter((state) => isLiving(state, deps)).map(({ name }) => name);
}

function isLiving(state: RotationState, deps: RotationDeps): boolean {
  const now = timeOf(deps, state);
  return (standingOfOrphan(state, now)?.until ?? 0) > now;
}
