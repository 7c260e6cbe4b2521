import { expect, test } from "vitest";
import { rotationIn } from "../engine/spec.ts";
import { failAt, failing, minute } from "../engine/support.ts";
import { createWatchScene, specOf, startDaemon } from "./support.ts";

function several(scene: ReturnType<typeof createWatchScene>, names: readonly string[]) {
  return names.map((name) => ({ ...rotationIn(scene, { name, sinks: [name] }), reloads: [] }));
}

test("takes a changed spec up: what is new is rotated at once", async () => {
  const scene = createWatchScene();
  const daemon = await startDaemon(scene);
  await daemon.edit(specOf(scene, [...scene.rotations, ...several(scene, ["mq"])]));
  await daemon.pass(1_000);
  expect(scene.held("mq")).toBe("value-2");
  expect(scene.events).toContainEqual({ type: "spec-reloaded", rotations: 2 });
});

test("keeps the running spec when the new one is bad, and says what is wrong", async () => {
  const scene = createWatchScene();
  const daemon = await startDaemon(scene);
  await daemon.edit({ problem: "rotate.yaml:3:1 unknown key" });
  expect(scene.events).toContainEqual({ type: "spec-rejected", message: "rotate.yaml:3:1 unknown key" });
  await daemon.pass(41 * minute);
  expect(scene.held()).toBe("value-2");
});

test("keeps the running spec when the new one cannot be opened", async () => {
  const scene = createWatchScene();
  const daemon = await startDaemon(scene, { names: ["db"] });
  await daemon.edit(specOf(scene, several(scene, ["other"])));
  expect(scene.events).toContainEqual({ type: "spec-rejected", message: "no rotation is named db" });
  await daemon.pass(41 * minute);
  expect(scene.held()).toBe("value-2");
  expect(daemon.ended()).toBe(false);
});

test("a spec that drops more than a fifth of the rotations waits for SIGHUP", async () => {
  const scene = createWatchScene();
  scene.rotations = several(scene, ["one", "two", "three", "four", "five"]);
  const daemon = await startDaemon(scene);
  await daemon.edit(specOf(scene, scene.rotations.slice(0, 3)));
  expect(scene.events).toContainEqual({
    type: "spec-rejected",
    message: "the spec drops 2 of 5 rotations: send SIGHUP to accept it",
  });
  await daemon.confirm();
  expect(scene.events).toContainEqual({ type: "spec-reloaded", rotations: 3 });
});

test("a spec that drops one rotation, or renames many, is taken at once", async () => {
  const scene = createWatchScene();
  scene.rotations = several(scene, ["one", "two", "three"]);
  const daemon = await startDaemon(scene);
  const renamed = several(scene, ["first", "second"]).map((rotation, index) => ({
    ...rotation,
    sinks: scene.rotations[index]!.sinks,
    renamedFrom: scene.rotations[index]!.name,
  }));
  await daemon.edit(specOf(scene, renamed));
  await daemon.pass(1_000);
  expect(scene.events).toContainEqual({ type: "spec-reloaded", rotations: 2 });
  expect(scene.mints()).toBe(3);
});

test("a rotation under way is finished by the spec that began it", async () => {
  const scene = createWatchScene();
  const writing = Promise.withResolvers<void>();
  scene.onStep = (step) => (step === "commit a" ? writing.promise : undefined);
  const daemon = await startDaemon(scene);
  await daemon.edit(specOf(scene, [{ ...scene.rotations[0]!, hash: "2" }]));
  expect(scene.events.map(({ type }) => type)).not.toContain("spec-reloaded");
  writing.resolve();
  await daemon.pass(1_000);
  expect(scene.events.map(({ type }) => type)).toContain("spec-reloaded");
  expect(daemon.outcomes()).toEqual(["rotated", "rotated"]);
});

test("SIGTERM drains: what has begun is finished, nothing new begins", async () => {
  const scene = createWatchScene();
  const writing = Promise.withResolvers<void>();
  scene.onStep = (step) => (step === "commit a" ? writing.promise : undefined);
  const daemon = await startDaemon(scene);
  const stopped = daemon.stop();
  await daemon.pass(1_000);
  expect(daemon.ended()).toBe(false);
  writing.resolve();
  await stopped;
  expect(scene.reloads()).toEqual(["app rotated db value-1"]);
  expect((await scene.status()).state).toBe("fresh");
});

test("SIGTERM before the first write leaves everything as it was", async () => {
  const scene = createWatchScene();
  const minting = Promise.withResolvers<void>();
  scene.onStep = (step) => (step === "mint" ? minting.promise : undefined);
  const daemon = await startDaemon(scene);
  const stopped = daemon.stop();
  minting.resolve();
  await stopped;
  expect(scene.held()).toBeUndefined();
  expect(scene.revoked()).toEqual(["value-1"]);
});

test("each change of alarm is told once, through reloads of the spec, and its end as well", async () => {
  const scene = createWatchScene();
  const daemon = await startDaemon(scene);
  await daemon.pass(39 * minute);
  failAt(scene, { mint: failing("UNAVAILABLE") });
  await daemon.pass(4 * minute);
  await daemon.edit(specOf(scene, scene.rotations));
  await daemon.pass(20 * minute);
  expect(daemon.alarms()).toEqual(["failed", "expiring", "expired"]);
  await daemon.edit(specOf(scene, scene.rotations));
  failAt(scene, {});
  await daemon.pass(6 * minute);
  expect(daemon.alarms()).toEqual(["failed", "expiring", "expired", "recovered"]);
});
