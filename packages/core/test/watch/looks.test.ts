import { statSync } from "node:fs";
import { join } from "node:path";
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

/** Their sinks tell how they stand. */
function stampIn(scene: Scene): void {
  function stampOf(name: string): string | undefined {
    const stats = statSync(join(scene.directory, name), { throwIfNoEntry: false });
    return stats && `${stats.ino} ${stats.size} ${stats.mtimeMs}`;
  }
  scene.rotations = scene.rotations.map((rotation) => ({
    ...rotation,
    sinks: rotation.sinks.map((sink) => ({ ...sink, part: { ...sink.part, stamp: () => stampOf(sink.id) } })),
  }));
}

test("the state of what stands as it did is not read to compare its sinks, and what was changed by hand is found all the same", async () => {
  const scene = createWatchScene();
  const [first = "", ...others] = manyIn(scene, 5);
  stampIn(scene);
  const read: string[] = [];
  const daemon = await startDaemon(scene, { over: counting(read) });
  await daemon.pass(11 * minute);
  read.length = 0;
  await daemon.pass(6 * minute);
  expect(read).toEqual([]);
  scene.write(first, "somebody else's");
  await daemon.pass(6 * minute);
  expect(new Set(read)).toEqual(new Set([first]));
  expect((await scene.status()).state).toBe("drift");
  for (const name of others) expect(scene.held(name)).toBeDefined();
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
