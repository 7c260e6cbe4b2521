import { describe, expect, test } from "vitest";
import { playAll, violationsIn } from "./campaign.ts";
import { combined } from "./combined.ts";
import { named } from "./named.ts";
import { past } from "./past.ts";
import { hour, minute } from "./scenario.ts";
import { grid, overAt, randomScenario, slice } from "./scenarios.ts";
import { playWeek } from "./week.ts";

/** A week takes half a second; a busy machine needs longer. ms */
const timeout = 120_000;

describe("the real engine, through weeks of every kind of lease and trouble", { timeout }, () => {
  test.each([...named, ...past].map((scenario) => [scenario.name, scenario] as const))("%s", async (_, scenario) => {
    expect(violationsIn(await playAll([scenario]))).toBe("");
  });

  // `npm run proof:weeks` plays all of them.
  test("keeps every credential alive and says what is true with each trouble, each shape and each start", async () => {
    expect(violationsIn(await playAll(slice()))).toBe("");
  });

  test("keeps every credential alive and says what is true in weeks drawn by seed", async () => {
    const drawn = Array.from({ length: 6 }, (_, index) => randomScenario(index + 1));
    expect(violationsIn(await playAll(drawn))).toBe("");
  });
});

describe("alarms, through a week with all of it", { timeout }, () => {
  // `npm run proof:alarms` plays more of them, and one of 1,000 rotations.
  test.each([1, 2])("are neither missing nor false nor told twice, and every view agrees (seed %i)", async (seed) => {
    const { result, violations } = await playWeek(combined({ seed, rotations: 6, life: hour, kills: 40, saves: 300 }));
    expect({ violations, firsts: result.firsts }).toMatchObject({ violations: [] });
    expect(result.looks).toBeGreaterThan(200);
    expect(result.messages).toBeGreaterThan(5);
  });
});

describe("the simulated weeks", { timeout }, () => {
  test("last until what goes wrong in them is over, and a while longer", () => {
    const drawn = Array.from({ length: 2_000 }, (_, index) => randomScenario(10_000_001 + index));
    const cutOff = [...grid(), ...named, ...past, ...drawn].filter((week) => overAt(week) > week.horizon - 5 * minute);
    expect(cutOff.map(({ name }) => name)).toEqual([]);
  });

  test("come to the same whether each sleep of the daemon is slept or quiet ones are joined", async () => {
    for (const seed of [2, 4, 9]) {
      const { cron: _, ...scenario } = randomScenario(seed);
      const joined = await playWeek({ ...scenario, exact: false });
      const exact = await playWeek({ ...scenario, exact: true });
      expect([joined.result.mints, joined.result.renewals]).toEqual([exact.result.mints, exact.result.renewals]);
    }
  });
});
