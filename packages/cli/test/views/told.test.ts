import { expect, test } from "vitest";
import { runProcesses } from "../../../../test/proof/alarms/processes.ts";

// `npm run proof:alarms -- --processes` plays it with 1,000 rotations and 200 kills.
test("a watch that is killed, put to sleep, given other clocks and a spec each second tells of an issuer that is away for three lives once, nothing else, and as every view shows it", async () => {
  const figures = await runProcesses({ rotations: 5, life: 10_000, kills: 4, seed: 1 });
  expect(figures).toMatchObject({ toldTwice: 0, missing: [], untrue: [], differing: [] });
  expect(figures.messages).toBeGreaterThanOrEqual(2);
  expect(figures.compared).toBeGreaterThanOrEqual(5);
}, 600_000);
