import { expect, test } from "vitest";
import { createJudge } from "../../../../test/proof/alarms/judge.ts";
import { runProcesses } from "../../../../test/proof/alarms/processes.ts";

// `npm run proof:alarms -- --processes` plays it with 1,000 rotations and 200 kills, puts the watch to sleep, and sets the clock.
test("a watch that is killed, and given a spec each second, tells of an issuer that is away for three lives once, nothing else, and as every view shows it", async () => {
  const play = { rotations: 5, life: 6_000, kills: 8, seed: 1, acts: ["outage"], quiet: 0.5 } as const;
  const figures = await runProcesses(play);
  expect(figures).toMatchObject({ toldTwice: 0, missing: [], untrue: [], differing: [] });
  expect(figures.messages).toBeGreaterThanOrEqual(2);
  expect(figures.compared).toBeGreaterThanOrEqual(5);
});

const life = 100_000;

/** A judge of one whose credential has so much left, in the middle of an outage. */
function judgeOf(left: number | undefined, isClockSet = false) {
  return createJudge({ life, leftOf: () => left, surroundings: () => ({ calmFrom: Infinity, isClockSet }) });
}

test.each([
  ["expired", 30_000, true],
  ["expired", 20_000, false],
  ["expired", undefined, true],
  ["expiring", 50_000, true],
  ["expiring", 30_000, false],
  ["expired", 90_000, false], // just written, by one who may have been killed over it
  ["recovered", -1_000, true],
  ["recovered", 1_000, false],
  ["failed", 50_000, false],
])("that one is %s with %s ms left is false: %s, whatever else is wrong", (step, left, isFalse) => {
  expect(judgeOf(left).falsehoodOf("db", step) !== undefined).toBe(isFalse);
  expect(judgeOf(left, true).falsehoodOf("db", step) !== undefined).toBe(false);
});

test("a view that calls what has ended well, or what works on expired, is untrue", () => {
  expect(judgeOf(-20_000).untruthOf({ name: "db" }, -19_000)).toContain("is well");
  expect(judgeOf(-20_000).untruthOf({ name: "db", alarm: "expired" }, -19_000)).toBeUndefined();
  expect(judgeOf(50_000).untruthOf({ name: "db", alarm: "expired" }, 51_000)).toContain("is expired");
  expect(judgeOf(90_000).untruthOf({ name: "db" }, -19_000)).toBeUndefined();
});
