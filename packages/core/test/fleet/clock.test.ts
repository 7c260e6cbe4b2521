import { expect, test } from "vitest";
import { createDatabaseClock } from "../../src/fleet/clock.ts";
import { advance, createRotationClock, databaseBoot } from "../../src/schedule/clock.ts";

const [minute, day] = [60_000, 86_400_000];
const start = Date.UTC(2026, 5, 1);

test("a process whose own clock is ahead goes by the database's time as soon as it answers, and no earlier than states say", async () => {
  const runtime = { now: () => start + 10 * minute, monotonic: () => 0 };
  const { clock, learn } = createDatabaseClock(async () => start, runtime);
  expect(clock.now()).toBe(start + 10 * minute);
  await learn();
  expect(clock.now()).toBe(start);
  clock.observe({ ...clock.note(), time: start + minute });
  await learn();
  expect(clock.now()).toBe(start + minute);
});

test("what a machine noted of time is a floor for the database's, and no boot that came before it", async () => {
  const runtime = { now: () => start, monotonic: () => 0 };
  const { clock } = createDatabaseClock(async () => start, runtime);
  const ofMachine = { time: start + minute, wall: start + minute, told: start + minute, uptime: 3 * day, bootId: "b" };
  clock.observe(ofMachine);
  expect(clock.now()).toBe(start + minute);
  const back = createRotationClock({ now: () => start + minute, uptime: () => 3 * day, bootId: "b" });
  back.observe({ time: start, wall: start, told: start, uptime: start, bootId: databaseBoot });
  expect(back.now()).toBe(start + minute);
  expect(advance(ofMachine, { now: () => start + 2 * minute, uptime: () => minute, bootId: "c" }).time).toBe(
    start + 2 * minute,
  );
});
