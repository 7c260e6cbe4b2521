/** One scenario, from its start to its end. */
import { createDrive } from "./drive.ts";
import { createJudge } from "./judge.ts";
import { limitsOf } from "./limits.ts";
import { planLooks } from "./looks.ts";
import { violationsOf, type Result } from "./result.ts";
import type { Scenario } from "./scenario.ts";
import { createWorld } from "./world.ts";

/** A scenario that was played, and the promises that it broke. */
export interface Week {
  readonly scenario: Scenario;
  readonly result: Result;
  readonly violations: readonly string[];
}

/** Plays it. `story` is filled with what happens, for people. */
export async function playWeek(scenario: Scenario, story?: string[]): Promise<Week> {
  const world = createWorld(scenario);
  world.story = story;
  const judge = createJudge(world);
  world.witness = judge;
  const drive = createDrive(world, judge);
  const looks = planLooks(judge, {
    status: async (name) => (await drive.views([name]))[0]!,
    daemon: async (name) => (await drive.shown([name]))[0],
  });
  drive.begin(looks);
  await world.clock.run(scenario.horizon);
  const { result } = judge;
  result.toldTwice = world.listener.twice;
  result.messages = world.listener.deliveries.size;
  for (const each of result.storms > 0 ? [] : judge.cases.values()) {
    judge.close(each);
    await looks.last(each);
  }
  return { scenario, result, violations: violationsOf(result, scenario, limitsOf(scenario)) };
}
