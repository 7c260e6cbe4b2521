import { describe, expect, test } from "vitest";
import { describeFound, everyHistory, nothing, randomHistories, sum, type Tally } from "./campaign.ts";
import { shapes } from "./shapes.ts";

function expectNone({ found }: Tally): void {
  expect(found.map(describeFound).join("\n\n")).toBe("");
}

describe("the real engine, whatever happens to it", () => {
  test("keeps every promise in every history with one fault", async () => {
    let tally = nothing;
    for (const [index, shape] of shapes.entries())
      tally = sum(tally, await everyHistory({ shape, early: index % 2 === 0 ? 26 : 41 }, { faults: 1 }));
    expectNone(tally);
    expect(tally.histories).toBeGreaterThan(4_000);
    expect(tally.crashed).toBeGreaterThan(1_000);
  });

  test("keeps every promise in random histories with faults of every kind", async () => {
    const tally = await randomHistories({ from: 1, count: 1_000 });
    expectNone(tally);
    expect(tally.crashed).toBeGreaterThan(100);
    expect(tally.mixed).toBeGreaterThan(10);
  });
});
