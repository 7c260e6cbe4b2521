import { expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { rotationIn } from "../engine/spec.ts";
import { minute, type Scene } from "../engine/support.ts";
import { createWatchScene, startDaemon } from "./support.ts";

function manyIn(scene: Scene, count: number): readonly string[] {
  const names = Array.from({ length: count }, (_, index) => `r${index}`);
  scene.rotations = names.map((name) => ({ ...rotationIn(scene, { name, sinks: [name] }), reloads: [] }));
  return names;
}

/** Notes each state that is read. */
function counting(read: string[]): (backend: Backend) => Backend {
  return (backend) => ({
    ...backend,
    store: {
      ...backend.store,
      load: (name) => (read.push(name), backend.store.load(name)),
      loadAll: (names) => (read.push(...names), backend.store.loadAll(names)),
    },
  });
}

test("while nothing is due no state is read, and a rotation that ends makes no other be looked at", async () => {
  const scene = createWatchScene();
  const names = manyIn(scene, 30);
  const read: string[] = [];
  const daemon = await startDaemon(scene, { over: counting(read) });
  await daemon.pass(minute);
  expect(names.map((name) => daemon.outcomes(name).join(" "))).toEqual(names.map(() => "rotated"));
  expect(read.length).toBeLessThan(names.length * 10);
  read.length = 0;
  await daemon.pass(3 * minute);
  expect(read).toEqual([]);
});

test("what another process writes is looked at within half a minute", async () => {
  const scene = createWatchScene();
  const [first = ""] = manyIn(scene, 2);
  const read: string[] = [];
  const daemon = await startDaemon(scene, { over: counting(read) });
  await daemon.pass(minute);
  read.length = 0;
  await scene.run({ names: [first], force: true });
  await daemon.pass(30_000);
  expect(read).toContain(first);
});

test("as many that hang as may be worked on at once keep no other from its time", async () => {
  const scene = createWatchScene();
  const names = manyIn(scene, 40);
  const hanging = Promise.withResolvers<void>();
  const stuck = new Set(names.slice(0, 20).map((name) => `prepare ${name}`));
  scene.onStep = (step) => (stuck.has(step) ? hanging.promise : undefined);
  const daemon = await startDaemon(scene);
  await daemon.pass(30_000);
  const others = names.slice(20);
  expect(others.map((name) => daemon.outcomes(name).join(" "))).toEqual(others.map(() => "rotated"));
  hanging.resolve();
  await daemon.pass(30_000);
  expect(names.map((name) => daemon.outcomes(name).at(-1))).toEqual(names.map(() => "rotated"));
});
