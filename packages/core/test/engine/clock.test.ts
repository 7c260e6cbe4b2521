import { expect, test } from "vitest";
import { cadenceOf } from "../../src/engine/cadence.ts";
import { createScene, failAt, failing, hour, minute } from "./support.ts";

test("a wall clock that is set back does not lengthen the life of a credential", async () => {
  const scene = createScene();
  await scene.run();
  await scene.clock.advance(30 * minute);
  await scene.run({ force: true });
  scene.clock.jumpWall(-3 * hour);
  await scene.clock.advance(45 * minute);
  expect((await scene.run()).db.outcome).toBe("rotated");
});

test("a wall clock that runs ahead makes the rotation due, and the state is right again when it is corrected", async () => {
  const scene = createScene();
  await scene.run();
  scene.clock.jumpWall(5 * hour);
  expect((await scene.run()).db.outcome).toBe("rotated");
  scene.clock.jumpWall(-5 * hour);
  await scene.clock.advance(minute);
  await scene.run({ force: true });
  const { nextAt } = (await scene.run()).db;
  const next = Date.parse(nextAt!) - scene.clock.now();
  expect(next).toBeGreaterThan(30 * minute);
  expect(next).toBeLessThan(hour);
  expect((await scene.status()).state).toBe("fresh");
});

test("time that the machine slept through counts", async () => {
  const scene = createScene();
  await scene.run();
  scene.clock.jumpWall(50 * minute);
  expect((await scene.run()).db.outcome).toBe("rotated");
});

test("after a reboot with a dead clock battery the highest time seen still counts", async () => {
  const scene = createScene();
  await scene.run();
  await scene.clock.advance(58 * minute);
  failAt(scene, { mint: failing("UNAVAILABLE") });
  expect((await scene.run()).exit).toBe(3);
  scene.clock.jumpWall(-5 * 365 * 24 * hour);
  scene.machine = { ...scene.machine, bootId: "boot-2", uptime: () => 1_000 };
  expect((await scene.run()).exit).toBe(3);
});

test("run under cron learns how far apart runs are, and rotates what would not last until the run after the next", async () => {
  const scene = createScene((rotation) => ({
    ...rotation,
    refresh: { ...rotation.refresh, rule: { before: 7 * minute } },
  }));
  for (let at = 0; at < 48; at += 6) {
    await scene.run();
    await scene.clock.advance(6 * minute);
  }
  expect(scene.mints()).toBe(1);
  expect((await scene.run()).db).toMatchObject({
    outcome: "rotated",
    reason: "it would not last until the run after the next one",
  });
});

test("--every tells the cadence where nothing was learned yet", async () => {
  const scene = createScene();
  await scene.run();
  await scene.clock.advance(20 * minute);
  expect((await scene.run({ every: 5 * minute })).db.outcome).toBe("fresh");
  expect((await scene.run({ every: 20 * minute })).db.outcome).toBe("rotated");
});

test("what --every told a run is known to status and to a run by hand until the timer has stopped", async () => {
  const scene = createScene();
  expect((await scene.run({ every: 70 * minute })).exit).toBe(1);
  expect(await scene.status()).toMatchObject({ state: "at-risk", code: "too-slow", check: 1 });
  expect((await scene.run()).exit).toBe(1);
  await scene.clock.advance(4 * hour);
  await scene.run();
  expect((await scene.status()).check).toBe(0);
});

test("gaps that are not alike, or too short for a timer, teach nothing", () => {
  expect(cadenceOf([0, 300_000, 600_000, 900_000])).toBe(300_000);
  expect(cadenceOf([0, 300_000, 310_000, 900_000])).toBeUndefined();
  expect(cadenceOf([0, 5_000, 10_000, 15_000])).toBeUndefined();
  expect(cadenceOf([0, 300_000])).toBeUndefined();
  // Runs that a machine slept through are missing, and the pace is the same after it.
  expect(cadenceOf([0, 300_000, 600_000, 900_000, 4_500_000])).toBe(300_000);
  expect(cadenceOf([0, 300_000, 600_000, 4_500_000, 4_800_000, 9_000_000])).toBe(300_000);
  expect(cadenceOf([0, 300_000, 4_500_000, 9_000_000])).toBeUndefined();
});
