import type { StandingMark, StandingReport } from "../report.ts";
import { instant } from "../rotation/describe.ts";
import type { RotationDeps } from "../rotation/session.ts";
import { presentAt } from "../schedule/clock.ts";

/** A rotation as it is seen to stand. */
export interface Seen {
  readonly name: string;
  /** Absent: nothing of it is left to tell of. */
  readonly standing?: StandingReport | undefined;
}

/** Tells of each that stands otherwise than was last told, by whichever process: the only place that does. */
export async function tellStandings(
  { store, clock, onEvent }: Pick<RotationDeps, "store" | "clock" | "onEvent">,
  seen: readonly Seen[],
): Promise<void> {
  const at = instant(presentAt(clock));
  const told = seen.map(({ name, standing }) => ({
    rotation: name,
    at,
    message: standing === undefined ? "it was forgotten" : textOf(standing),
    ...(standing && { after: markOf(standing) }),
  }));
  for (const { at: _, ...change } of await store.tell(told)) onEvent(change);
}

/** A standing in one line. */
export function textOf({ reason, exit }: StandingReport): string {
  return reason ?? (exit === 0 ? "all is well" : "nothing was minted yet");
}

function markOf({ state, code, exit, alarm }: StandingReport): StandingMark {
  return { state, code, exit, ...(alarm && { alarm }) };
}
