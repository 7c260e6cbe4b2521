import type { Engine } from "../engine/engine.ts";
import type { ProcessFacts } from "../metrics/families.ts";
import type { TroubleReport } from "../report.ts";
import { isWatched } from "./watched.ts";

/** A run that is over waits for receivers no longer than this; what is not told by then, the next one tells. ms */
const limit = 20_000;

/** What is told after a run: all of it at once, for nobody stays to wait for more. Gives what could not be told. Throws EngineError `ROTATE_STATE_*`. */
export async function lookAfterRun(
  engine: Engine,
  facts: Pick<ProcessFacts, "version"> = {},
  signal?: AbortSignal,
): Promise<readonly TroubleReport[]> {
  const { spec, deps } = engine.parts();
  if (!isWatched(spec)) return [];
  const [{ lookOut }, { mintsOf }, { clockFacts }] = await Promise.all([
    import("./look-out.ts"),
    import("../engine/mints.ts"),
    import("../metrics/families.ts"),
  ]);
  const deadline = deps.runtime.deadline(limit, signal);
  try {
    // While the database of a fleet is away nobody knows what was told to whom.
    if (deps.halves?.away() !== undefined) return [];
    const status = await engine.status();
    const mints = await mintsOf({ spec, deps });
    const look = {
      status,
      mints,
      settle: { worse: 0, better: 0 },
      facts: { ...facts, specValid: true, ...clockFacts(deps.clock.skew()) },
      signal: deadline.signal,
    };
    return (await lookOut({ spec, deps }, look)).troubles;
  } finally {
    deadline.clear();
  }
}
