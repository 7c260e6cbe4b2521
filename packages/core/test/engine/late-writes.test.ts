/** Stores without compare-and-swap: a write whose answer was lost may land minutes later, over whatever was written since. */
import type { Sink } from "@rotate/plugin-kit";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createScene, failAt, failing, minute, untilDue, type Scene } from "./support.ts";
import { rotationIn, sinkEntry } from "./spec.ts";
import { placeIn, type DiskWorld } from "./world.ts";

const lateWrites = 5 * minute;

function lateStore(world: DiskWorld, { name, blind }: { readonly name: string; readonly blind: boolean }): Sink {
  const place = placeIn(world, name);
  if (!blind) return { ...place, lateWrites };
  const { type, options, keys } = place;
  return {
    type,
    options,
    keys: keys!,
    lateWrites,
    target: (given) => place.target(given),
    prepare: async (values, ctx) => ({ commit: (await place.prepare(values, ctx)).commit, changed: true }),
  };
}

function createStores({ blind }: { readonly blind: boolean }): Scene {
  return createScene((_, world) => {
    const rotation = rotationIn(world, { sinks: ["a", "b"] });
    const [a, b] = rotation.sinks;
    return {
      ...rotation,
      sinks: [a!, { ...sinkEntry(world, "b"), ...b, part: lateStore(world, { name: "b", blind }) }],
    };
  });
}

function commitsOf({ steps }: Scene): number {
  return steps.filter((step) => step === "commit b").length;
}

test.each([true, false])(
  "a write whose answer was lost is made again with the same credential (blind: %s)",
  async (blind) => {
    const scene = createStores({ blind });
    failAt(scene, { "commit b": [failing("UNAVAILABLE")] });
    const start = scene.clock.now();
    expect(await scene.run()).toMatchObject({ exit: 0, db: { outcome: "rotated" } });
    expect(commitsOf(scene)).toBe(2);
    expect(scene.clock.now() - start).toBeLessThan(minute);
    expect(scene.mints()).toBe(1);
  },
);

test("what is seen to stand there has landed", async () => {
  const scene = createStores({ blind: false });
  failAt(scene, { "committed b": [failing("UNAVAILABLE")] });
  expect((await scene.run()).db.outcome).toBe("rotated");
  expect(commitsOf(scene)).toBe(1);
});

test.each([true, false])(
  "a write that lands after a later one is outlasted and written over (blind: %s)",
  async (blind) => {
    const scene = createStores({ blind });
    await scene.run();
    await scene.clock.advance(untilDue);
    failAt(scene, { "commit b": [failing("UNAVAILABLE"), failing("UNAVAILABLE")] });
    expect(await scene.run()).toMatchObject({
      exit: 4,
      db: { outcome: "reload-owed", reason: expect.stringMatching("mixed") },
    });
    const lost = scene.clock.now();
    const before = commitsOf(scene);
    await scene.clock.advance(minute);
    let landed = false;
    scene.onStep = (step) => {
      if (step !== "commit b" || landed) return;
      landed = true;
      void scene.runtime
        .sleep(minute)
        .then(() => writeFileSync(join(scene.directory, "b"), `value-2-${"s".repeat(20)}`));
    };
    expect(await scene.run()).toMatchObject({ exit: 0, db: { outcome: "rotated" } });
    expect(scene.clock.now() - lost).toBeGreaterThanOrEqual(lateWrites);
    expect(commitsOf(scene) - before).toBe(2);
    expect(scene.held("b")).toBe("value-3");
    expect(scene.reloads().at(-1)).toMatch("value-3+value-3");
  },
);

test("nothing is undone that a late write may land over", async () => {
  const scene = createScene((_, world) => {
    const rotation = rotationIn(world, { sinks: ["b", "c"] });
    const part = lateStore(world, { name: "b", blind: false });
    return { ...rotation, sinks: [{ ...rotation.sinks[0]!, part }, rotation.sinks[1]!] };
  });
  await scene.run();
  await scene.clock.advance(untilDue);
  failAt(scene, {
    "commit b": [failing("UNAVAILABLE")],
    "commit c": [failing("INVALID"), failing("INVALID")],
  });
  expect(await scene.run()).toMatchObject({ exit: 4, db: { sinks: [{ result: "written" }, { result: "failed" }] } });
  expect(scene.steps).not.toContain("undo b");
  expect(scene.revoked()).toEqual([]);
});

test("who stops it while it waits finds the doubt kept, and the next run goes on", async () => {
  const scene = createStores({ blind: true });
  await scene.run();
  await scene.clock.advance(untilDue);
  failAt(scene, { "commit b": [failing("UNAVAILABLE"), failing("UNAVAILABLE")] });
  await scene.run();
  await scene.clock.advance(minute);
  const stop = new AbortController();
  scene.onStep = (step) => {
    if (step === "committed b") stop.abort();
  };
  const { db } = await scene.run({ signal: stop.signal });
  expect(db).toMatchObject({ outcome: "reload-owed", sinks: [{ result: "written" }, { result: "unknown" }] });
  scene.onStep = () => undefined;
  await scene.clock.advance(minute);
  expect(await scene.run()).toMatchObject({ exit: 0 });
  expect(scene.held("b")).toBe("value-4");
  expect(scene.revoked()).not.toContain("value-4");
});
