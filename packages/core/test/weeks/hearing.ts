/** Who edits the spec while the issuer refuses wants to see at once whether that helped. */
import type { Case, Judge } from "./judge.ts";
import { lengthText, minute } from "./scenario.ts";

/** The spec was edited: what fails is tried again, whatever its backoff. */
export function awaitHearing(judge: Judge): void {
  const { clock, scenario, outside } = judge.world;
  const at = clock.now();
  // A call that is in hand may hang for half a minute.
  const latest = at + (scenario.cron ?? 0) + minute;
  const isAway = outside.aways.some(({ from, to }) => from < latest && to > at);
  if (isAway) return;
  for (const each of judge.cases.values()) if (each.isFailing) clock.at(latest, () => judgeHeard(judge, each, at));
}

function judgeHeard({ world, result, bad }: Judge, each: Case, edited: number): void {
  if (each.lastCall >= edited) return;
  result.unheard++;
  bad("unheard", `edited ${lengthText(world.clock.now() - edited)} ago, and nothing was asked`);
}
