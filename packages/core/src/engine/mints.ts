import type { Spec } from "../loading/model.ts";
import type { MintsReport } from "../plan-report.ts";
import { instant } from "../rotation/describe.ts";
import type { RotationDeps } from "../rotation/session.ts";
import { presentAt } from "../schedule/clock.ts";
import { knownCadence } from "./cadence.ts";
import { expectedIn } from "../rotation/expected.ts";
import { presentOf } from "./quick-look.ts";

const day = 86_400_000;
/** More attempts than that in a day are far above whatever is expected. */
const most = 20_000;

/** By provider, what keeping its rotations fresh should take a day, and what was minted in the last 24 hours. */
export async function mintsOf(
  { spec, deps }: { readonly spec: Pick<Spec, "rotations">; readonly deps: RotationDeps },
  asked: { readonly cadence?: number | undefined } = {},
): Promise<readonly MintsReport[]> {
  const now = presentAt(deps.clock);
  const cadence = asked.cadence ?? (await knownCadence(deps.host, deps.runtime.now()));
  const attempts = await deps.store.attempts({ limit: most, after: instant(now - day) });
  // What the issuer gave again is no new credential.
  const minted = attempts.filter(
    ({ outcome, phases }) =>
      outcome !== "reused" && phases.some(({ phase, result }) => phase === "mint" && result === "succeeded"),
  );
  const counts = Map.groupBy(minted, ({ rotation }) => rotation);
  const groups = Map.groupBy(spec.rotations, ({ provider }) => provider.name);
  return Promise.all(
    [...groups].map(async ([provider, rotations]) => {
      const present = await Promise.all(rotations.map((rotation) => presentOf({ rotation, deps }, { cadence })));
      const expected = present.map(({ moment }) => expectedIn(moment).expected?.mintsPerDay);
      const isKnown = expected.every((one) => one !== undefined);
      return {
        provider,
        rotations: rotations.length,
        ...(isKnown && { expected: expected.reduce((sum, one) => sum + one, 0) }),
        actual: rotations.reduce((sum, { name }) => sum + (counts.get(name)?.length ?? 0), 0),
      };
    }),
  );
}

/** Chance mints, a spec that was edited, a run that was forced: so many a day for each rotation are no news. */
const few = 3;

/** More than twice what is expected. */
export function isAbove({ expected, actual, rotations }: MintsReport): boolean {
  return expected !== undefined && actual > Math.max(2 * expected, expected + few * rotations);
}
