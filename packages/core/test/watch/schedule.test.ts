import { RotateError } from "@rotate/plugin-kit";
import { expect, test } from "vitest";
import { type EditRotation, failAt, failing, hour, minute } from "../engine/support.ts";
import { rotationIn, sinkEntry } from "../engine/spec.ts";
import { createWatchScene, startDaemon } from "./support.ts";

test("rotates at the start, and again whenever the time has come", async () => {
  const scene = createWatchScene();
  const daemon = await startDaemon(scene);
  expect(scene.held()).toBe("value-1");
  await daemon.pass(39 * minute);
  expect(scene.mints()).toBe(1);
  await daemon.pass(2 * minute);
  expect(scene.held()).toBe("value-2");
  await daemon.pass(80 * minute);
  expect(scene.mints()).toBe(4);
});

test("revokes the previous lease by itself once its grace is over", async () => {
  const scene = createWatchScene();
  const daemon = await startDaemon(scene);
  await daemon.pass(44 * minute);
  expect(scene.revoked()).toEqual([]);
  await daemon.pass(3 * minute);
  expect(scene.revoked()).toEqual(["value-1"]);
});

test("waits longer than 2^31 ms without waking up for nothing and without storming", async () => {
  const month = 31 * 24 * hour;
  const scene = createWatchScene((rotation) => ({
    ...rotation,
    refresh: { ...rotation.refresh, rule: { every: month } },
  }));
  scene.life = 40 * 24 * hour;
  const daemon = await startDaemon(scene);
  await daemon.pass(minute);
  expect(scene.mints()).toBe(1);
  scene.clock.jumpWall(month);
  await daemon.pass(minute);
  expect(scene.mints()).toBe(2);
});

test("sees within half a minute that the machine slept, or that the wall clock was put forward", async () => {
  const scene = createWatchScene();
  const daemon = await startDaemon(scene);
  scene.clock.jumpWall(50 * minute);
  await daemon.pass(30_000);
  expect(scene.held()).toBe("value-2");
});

test("a wall clock that is put back neither storms nor lets a credential die", async () => {
  const scene = createWatchScene();
  const daemon = await startDaemon(scene);
  await daemon.pass(10 * minute);
  scene.clock.jumpWall(-5 * hour);
  await daemon.pass(29 * minute);
  expect(scene.mints()).toBe(1);
  await daemon.pass(3 * minute);
  expect(scene.mints()).toBe(2);
});

test("tries again with backoff until it works, through the deadline and beyond", async () => {
  const scene = createWatchScene();
  const daemon = await startDaemon(scene);
  await daemon.pass(39 * minute);
  failAt(scene, { mint: failing("UNAVAILABLE") });
  await daemon.pass(30 * minute);
  const tries = scene.steps.filter((step) => step === "mint").length - 1;
  expect(tries).toBeGreaterThan(5);
  expect(tries).toBeLessThan(30);
  failAt(scene, {});
  await daemon.pass(6 * minute);
  expect(scene.held()).toBe("value-2");
});

test("one rotation that hangs or fails does not stop the others", async () => {
  const scene = createWatchScene();
  scene.rotations = [
    rotationIn(scene),
    { ...rotationIn(scene, { name: "bad", sinks: ["b"] }), reloads: [] },
    { ...rotationIn(scene, { name: "stuck", sinks: ["c"] }), reloads: [] },
  ];
  const hanging = Promise.withResolvers<void>();
  scene.onStep = (step) => {
    if (step === "prepare b") throw failing("INVALID");
    return step === "prepare c" ? hanging.promise : undefined;
  };
  const daemon = await startDaemon(scene);
  await daemon.pass(41 * minute);
  expect(daemon.outcomes("db")).toEqual(["rotated", "rotated"]);
  expect(daemon.outcomes("bad")).toContain("failed");
  hanging.resolve();
  await daemon.pass(10_000);
  expect(daemon.outcomes("stuck")).toContain("rotated");
});

test("finishes owed reloads by itself", async () => {
  const scene = createWatchScene();
  failAt(scene, { "reload app": [failing("FAILED")] });
  const daemon = await startDaemon(scene);
  expect(daemon.outcomes()).toEqual(["reload-owed"]);
  await daemon.pass(40_000);
  expect(daemon.outcomes().at(-1)).toBe("rotated");
  expect(scene.mints()).toBe(1);
});

test("looks at the sinks every few minutes, and repairs what the spec says to repair", async () => {
  const scene = createWatchScene((rotation) => ({ ...rotation, drift: "repair" }));
  const daemon = await startDaemon(scene);
  scene.write("a", "changed by hand");
  await daemon.pass(6 * minute);
  expect(scene.held()).toBe("value-2");
});

test("beside a `run` of the same spec nothing is minted twice", async () => {
  const scene = createWatchScene();
  const daemon = await startDaemon(scene);
  await daemon.pass(39 * minute);
  const [ran] = await Promise.all([scene.run({ every: minute }), daemon.pass(2 * minute)]);
  expect(["rotated", "fresh"]).toContain(ran.db.outcome);
  await daemon.pass(minute);
  expect(scene.mints()).toBe(2);
});

test("only the named rotations are watched", async () => {
  const scene = createWatchScene();
  scene.rotations = [rotationIn(scene), { ...rotationIn(scene, { name: "mq" }), sinks: [sinkEntry(scene, "b")] }];
  await startDaemon(scene, { names: ["mq"] });
  expect([scene.held("a"), scene.held("b")]).toEqual([undefined, "value-1"]);
});

/** Refreshed each second, whatever the life. */
const eachSecond: EditRotation = (rotation) => ({
  ...rotation,
  refresh: { ...rotation.refresh, rule: { every: 1_000 } },
});

test("a refresh that is faster than the issuer answers asks one thing at a time, as often as there are answers", async () => {
  const scene = createWatchScene(eachSecond);
  let inFlight = 0;
  let most = 0;
  scene.onStep = async (step) => {
    if (step !== "mint") return;
    most = Math.max(most, ++inFlight);
    await scene.runtime.sleep(5_000);
    inFlight--;
  };
  const daemon = await startDaemon(scene);
  await daemon.pass(2 * minute);
  expect(most).toBe(1);
  expect(scene.mints()).toBeGreaterThan(5);
  expect(scene.mints()).toBeLessThan(24);
  expect((await scene.status()).exit).toBe(0);
  scene.onStep = () => undefined;
  await daemon.pass(5_000);
});

test("a refresh that is faster than the issuer allows waits as it is told, and what is held goes on", async () => {
  const scene = createWatchScene(eachSecond);
  let next = 0;
  let refusals = 0;
  scene.onStep = (step) => {
    if (step !== "mint") return;
    if (scene.clock.now() < next) {
      refusals++;
      const retryAfter = next - scene.clock.now();
      throw new RotateError("too many requests", { code: "RATE_LIMITED", retryable: true, retryAfter });
    }
    next = scene.clock.now() + minute;
  };
  const daemon = await startDaemon(scene);
  await daemon.pass(10 * minute);
  expect(scene.mints()).toBeGreaterThan(5);
  expect(refusals).toBeLessThan(3 * scene.mints());
  expect(scene.held()).toBe(`value-${scene.mints()}`);
  expect(daemon.alarms().filter((alarm) => alarm === "expired" || alarm === "expiring")).toEqual([]);
});

test("revokes what an errand has left to be revoked when its time comes, also right after it did so before", async () => {
  const scene = createWatchScene((rotation) => ({ ...rotation, overlap: { ...rotation.overlap, grace: 1_000 } }));
  const { daemon, pass } = await startDaemon(scene);
  await pass(1_000);
  for (const revoked of [["value-1"], ["value-1", "value-2"]]) {
    await daemon.ask((engine) => engine.run({ names: ["db"], force: true }));
    await pass(3_000);
    expect(scene.revoked()).toEqual(revoked);
  }
});
