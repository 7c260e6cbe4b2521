import { expect, test } from "vitest";
import { backoff, reloadBackoff } from "../../src/schedule/backoff.ts";
import { rotationClock } from "../../src/schedule/clock.ts";

const hour = 3_600_000;

test("a wall clock that is set back lengthens no life", () => {
  const wall = { now: 10 * hour, uptime: 1 * hour };
  const now = rotationClock(
    { now: () => wall.now, uptime: () => wall.uptime, bootId: "a" },
    { highest: 10 * hour, uptime: 1 * hour, bootId: "a" },
  );
  wall.now = 8 * hour;
  wall.uptime = 1.5 * hour;
  expect(now()).toBe(10.5 * hour);
});

test("what passed between two processes of one boot counts, even while the clock was wrong", () => {
  const now = rotationClock(
    { now: () => 1 * hour, uptime: () => 4 * hour, bootId: "a" },
    { highest: 10 * hour, uptime: 2 * hour, bootId: "a" },
  );
  expect(now()).toBe(12 * hour);
});

test("after a new boot the highest time seen is the floor", () => {
  const now = rotationClock(
    { now: () => 1 * hour, uptime: () => 4 * hour, bootId: "b" },
    { highest: 10 * hour, uptime: 2 * hour, bootId: "a" },
  );
  expect(now()).toBe(10 * hour);
});

test("a wall clock that runs ahead is believed at once", () => {
  const now = rotationClock(
    { now: () => 20 * hour, uptime: () => 4 * hour, bootId: "a" },
    { highest: 10 * hour, uptime: 2 * hour, bootId: "a" },
  );
  expect(now()).toBe(20 * hour);
});

test("failed attempts wait longer and longer up to the maximum, spread over the upper half", () => {
  const waits = [1, 2, 3, 20].map((failures) =>
    [0, 0.999].map((chance) => backoff(failures, { initial: 1_000, max: 300_000, random: () => chance })),
  );
  expect(waits[0]).toEqual([500, 1_000]);
  expect(waits[1]).toEqual([1_000, 1_999]);
  expect(waits[3]![0]).toBe(150_000);
  expect(waits[3]![1]).toBeLessThanOrEqual(300_000);
});

test("owed reloads wait 30 s, doubling to 15 min", () => {
  expect([1, 2, 3, 6, 50].map(reloadBackoff)).toEqual([30_000, 60_000, 120_000, 900_000, 900_000]);
});
