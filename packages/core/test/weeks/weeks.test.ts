import { describe, expect, test } from "vitest";
import { describeTally, playAll, type Tally } from "./campaign.ts";
import { grid, named, randomScenario } from "./scenarios.ts";
import { playWeek } from "./week.ts";

function expectNone(tally: Tally): void {
  expect(tally.clean, describeTally(tally)).toBe(tally.weeks);
}

/** Every `step`th, beginning with the `first`. */
function some<T>(items: Iterable<T>, { first, step }: { readonly first: number; readonly step: number }): readonly T[] {
  return [...items].filter((_, index) => index % step === first);
}

describe("the real engine, through weeks of every kind of lease and trouble", () => {
  test.each(named.map((scenario) => [scenario.name, scenario] as const))("%s", async (_, scenario) => {
    expectNone(await playAll([scenario]));
  });

  // `npm run proof:weeks` plays all of them.
  test("keeps every credential alive and says what is true in a slice of all pairs of shape and trouble", async () => {
    expectNone(await playAll(some(grid(), { first: 7, step: 61 })));
  });

  test("keeps every credential alive and says what is true in weeks drawn by seed", async () => {
    expectNone(await playAll(Array.from({ length: 60 }, (_, index) => randomScenario(index + 1))));
  });
});

describe("the simulated weeks", () => {
  test("come to the same whether each sleep of the daemon is slept or quiet ones are joined", async () => {
    for (const seed of [2, 4, 6, 9]) {
      const scenario = { ...randomScenario(seed), cron: undefined } as never as ReturnType<typeof randomScenario>;
      const joined = await playWeek({ ...scenario, exact: false });
      const exact = await playWeek({ ...scenario, exact: true });
      expect([joined.result.mints, joined.result.renewals]).toEqual([exact.result.mints, exact.result.renewals]);
    }
  });
});
