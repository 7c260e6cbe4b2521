import { describe, expect, test } from "vitest";
import { describeFound, everyHistory, nothing, randomHistories, sum, type Tally } from "./campaign.ts";
import { fleetShapes, lateShapes, poweredShapes, shapes } from "./shapes.ts";

function expectNone({ found }: Tally): void {
  expect(found.map(describeFound).join("\n\n")).toBe("");
}

/** Thousands of rotations: a quarter of a minute, and more on a busy machine. ms */
const timeout = 300_000;

describe("the real engine, whatever happens to it", { timeout }, () => {
  // Every second shape here, due in time or too late by turns; `npm run proof:histories` runs all of them, with two faults.
  test("keeps every promise in every history with one fault", async () => {
    let tally = nothing;
    for (const [index, shape] of shapes.entries()) {
      if (index % 2 === 0)
        tally = sum(tally, await everyHistory({ shape, early: index % 4 === 0 ? 26 : 41 }, { faults: 1 }));
    }
    expectNone(tally);
    expect(tally.histories).toBeGreaterThan(2_000);
    expect(tally.crashed).toBeGreaterThan(500);
  });

  test("keeps every promise wherever the machine loses power, and a file with it what was not synced", async () => {
    let tally = nothing;
    for (const [index, shape] of poweredShapes.entries()) {
      if (index % 5 === 0)
        tally = sum(tally, await everyHistory({ shape, early: index % 2 === 0 ? 26 : 41 }, { faults: 1 }));
    }
    expectNone(tally);
    expect(tally.crashed).toBeGreaterThan(500);
  });

  test("keeps every promise over stores that take a late write whatever stands there", async () => {
    let tally = nothing;
    for (const [index, shape] of lateShapes.entries()) {
      if (index % 6 === 1)
        tally = sum(tally, await everyHistory({ shape, early: index % 4 === 1 ? 26 : 41 }, { faults: 1 }));
    }
    expectNone(tally);
    expect(tally.histories).toBeGreaterThan(500);
  });

  test("keeps every promise on several machines, whoever of them is stopped, and wherever their database is away", async () => {
    let tally = await randomHistories({ from: 1, count: 200, ofFleet: true });
    for (const [index, shape] of fleetShapes.entries()) {
      if (index % 8 === 0)
        tally = sum(tally, await everyHistory({ shape, early: index % 16 === 0 ? 26 : 41 }, { faults: 1 }));
    }
    expectNone(tally);
    expect(tally.histories).toBeGreaterThan(400);
    expect(tally.crashed).toBeGreaterThan(50);
  });

  test("keeps every promise in random histories with faults of every kind", async () => {
    const tally = await randomHistories({ from: 1, count: 1_000 });
    expectNone(tally);
    expect(tally.crashed).toBeGreaterThan(100);
    expect(tally.mixed).toBeGreaterThan(10);
  });
});
