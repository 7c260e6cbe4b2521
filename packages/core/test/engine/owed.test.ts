import { expect, test } from "vitest";
import { reloadEntry, rotationIn } from "./spec.ts";
import { createScene, failAt, failing, minute, untilDue } from "./support.ts";

test("a reload that failed is owed: exit 4, and the next process that may tries it again", async () => {
  const scene = createScene();
  failAt(scene, { "reload app": [failing("FAILED")] });
  expect(await scene.run()).toMatchObject({ exit: 4, db: { outcome: "reload-owed" } });
  expect(await scene.status()).toMatchObject({ state: "reload-owed", owed: "reload", check: 4 });
  await scene.clock.advance(minute);
  expect(await scene.run()).toMatchObject({ exit: 0, db: { outcome: "rotated" } });
  expect(scene.reloads()).toEqual(["app owed db value-1"]);
  expect(scene.mints()).toBe(1);
});

test("an owed reload runs although the sinks hold the very bytes already", async () => {
  const scene = createScene();
  failAt(scene, { "reload app": [failing("FAILED")] });
  await scene.run();
  const before = scene.held();
  await scene.clock.advance(minute);
  await scene.run();
  expect(scene.held()).toBe(before);
  expect(scene.reloads()).toHaveLength(1);
});

test("owed reloads back off from 30 s, no longer than other retries, whatever process comes", async () => {
  const scene = createScene();
  failAt(scene, { "reload app": failing("FAILED") });
  const tries: number[] = [];
  const start = scene.clock.now();
  for (let at = 0; at < 36; at++) {
    const before = scene.steps.length;
    await scene.run();
    if (scene.steps.slice(before).includes("reload app")) tries.push((scene.clock.now() - start) / 1000);
    await scene.clock.advance(31_000);
  }
  const gaps = tries.slice(1).map((at, index) => at - tries[index]!);
  expect(gaps.slice(0, 5).map((gap) => Math.floor(gap / 30) * 30)).toEqual([30, 60, 120, 240, 300]);
  expect(scene.mints()).toBe(1);
});

test("an owed reload does not hold up the next refresh", async () => {
  const scene = createScene();
  failAt(scene, { "reload app": failing("FAILED") });
  await scene.run();
  await scene.clock.advance(untilDue);
  await scene.run();
  expect(scene.held()).toBe("value-2");
});

test("while a reload is owed and the credential before has ended, nothing is minted needlessly", async () => {
  const scene = createScene();
  await scene.run();
  await scene.clock.advance(untilDue);
  failAt(scene, { "reload app": failing("FAILED") });
  await scene.run();
  await scene.clock.advance(20 * minute);
  expect((await scene.run()).exit).toBe(3);
  expect(scene.mints()).toBe(2);
});

test("reloads run in order, and one that fails stops those after it", async () => {
  const scene = createScene((rotation, world) => ({
    ...rotation,
    reloads: ["one", "two"].map((name) => reloadEntry(world, { name, reads: ["a"] })),
  }));
  failAt(scene, { "reload one": [failing("FAILED")] });
  expect((await scene.run()).exit).toBe(4);
  expect(scene.reloads()).toEqual([]);
  await scene.clock.advance(minute);
  await scene.run();
  expect(scene.reloads()).toEqual(["one owed db value-1", "two owed db value-1"]);
});

test("continueOnError lets the next reloads run, and still counts as owed", async () => {
  const scene = createScene((rotation, world) => ({
    ...rotation,
    reloads: [
      { ...reloadEntry(world, { name: "one", reads: ["a"] }), continueOnError: true },
      reloadEntry(world, { name: "two", reads: ["a"] }),
    ],
  }));
  failAt(scene, { "reload one": [failing("FAILED")] });
  expect((await scene.run()).exit).toBe(4);
  expect(scene.reloads()).toEqual(["two rotated db value-1"]);
});

function sharing(scene: ReturnType<typeof createScene>): void {
  const app = reloadEntry(scene, { name: "app", reads: ["a", "b"], shared: true });
  scene.rotations = [
    { ...rotationIn(scene, { name: "db", sinks: ["a"] }), reloads: [app] },
    { ...rotationIn(scene, { name: "mq", sinks: ["b"] }), reloads: [app] },
  ];
}

test("a named reload runs once for all rotations that changed together", async () => {
  const scene = createScene();
  sharing(scene);
  const { all } = await scene.run();
  expect(all.map(({ outcome }) => outcome)).toEqual(["rotated", "rotated"]);
  expect(scene.reloads()).toHaveLength(1);
  expect(scene.reloads()[0]).toMatch(/^app rotated (db,mq|mq,db) value-[12]\+value-[12]$/);
});

test("a named reload that fails is owed by every rotation that shares it", async () => {
  const scene = createScene();
  sharing(scene);
  failAt(scene, { "reload app": [failing("FAILED")] });
  const { all, exit } = await scene.run();
  expect(all.map(({ outcome }) => outcome)).toEqual(["reload-owed", "reload-owed"]);
  expect(exit).toBe(4);
});

test("a rotation that shares a reload and is nearly due is pulled forward", async () => {
  const scene = createScene();
  sharing(scene);
  await scene.run({ names: ["db"] });
  await scene.clock.advance(3 * minute);
  await scene.run({ names: ["mq"] });
  await scene.clock.advance(38 * minute);
  const { all } = await scene.run();
  expect(all.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual(["db rotated", "mq rotated"]);
  expect(scene.reloads()).toHaveLength(3);
});

test("one rotation that fails does not keep the shared reload from the others", async () => {
  const scene = createScene();
  sharing(scene);
  failAt(scene, { "prepare b": failing("INVALID") });
  const { all } = await scene.run();
  expect(all.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual(["db rotated", "mq failed"]);
  expect(scene.reloads()).toEqual(["app rotated db value-1+nothing"]);
});
