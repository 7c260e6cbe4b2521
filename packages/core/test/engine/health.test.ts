import { expect, test } from "vitest";
import type { Rotation } from "../../src/loading/model.ts";
import { probeEntry } from "./spec.ts";
import { createScene, failAt, failing, minute, untilDue, type Scene } from "./support.ts";

function probedScene(onFailure: Rotation["onFailure"]): Scene {
  return createScene((rotation, world) => ({ ...rotation, onFailure, health: [probeEntry(world, "health")] }));
}

test("health that fails after the reload is owed work", async () => {
  const scene = probedScene("keep");
  failAt(scene, { health: [failing("FAILED")] });
  expect(await scene.run()).toMatchObject({ exit: 4, db: { outcome: "reload-owed" } });
});

test("a consumer that was ill before is told so, reloaded once, and not rolled back", async () => {
  const scene = probedScene("rollback");
  await scene.run();
  await scene.clock.advance(untilDue);
  failAt(scene, { health: failing("FAILED") });
  const { db } = await scene.run();
  expect(db.outcome).toBe("reload-owed");
  expect(db.warnings?.join()).toMatch("the consumer was unhealthy before the rotation");
  await scene.clock.advance(5 * minute);
  await scene.run();
  expect(scene.reloads()).toHaveLength(2);
  expect(scene.held()).toBe("value-2");
});

test("onFailure: rollback publishes the previous credential again and says so", async () => {
  const scene = probedScene("rollback");
  await scene.run();
  await scene.clock.advance(untilDue);
  failAt(scene, { health: [undefined, failing("FAILED")] });
  const { db, exit } = await scene.run();
  expect(exit).toBe(1);
  expect(db.outcome).toBe("failed");
  expect(db.sinks[0]!.result).toBe("undone");
  const done = db.phases.filter(({ result }) => result === "succeeded" || result === "failed");
  expect(done.map(({ phase, result }) => `${phase} ${result}`).slice(-5)).toEqual([
    "health failed",
    "undo succeeded",
    "reload succeeded",
    "health succeeded",
    "settle succeeded",
  ]);
  expect(scene.held()).toBe("value-1");
  expect(scene.reloads().at(-1)).toBe("app rolled-back db value-1");
});

test("rollback happens once per previous credential: a health that stays bad does not mint and reload for ever", async () => {
  const scene = probedScene("rollback");
  await scene.run();
  await scene.clock.advance(41 * minute);
  let reloaded = false;
  scene.onStep = (step) => {
    if (step === "preflight" || step.startsWith("check")) reloaded = false;
    if (step === "reload app") reloaded = true;
    if (step === "health" && reloaded) throw failing("FAILED");
  };
  for (let round = 0; round < 10; round++) {
    await scene.run();
    await scene.clock.advance(minute);
  }
  expect(scene.mints()).toBeLessThanOrEqual(3);
  expect(scene.reloads().filter((reload) => reload.includes("rolled-back")).length).toBe(1);
});

test("rollback does not bring back a credential that is about to end", async () => {
  const scene = probedScene("rollback");
  await scene.run();
  await scene.clock.advance(56 * minute);
  failAt(scene, { health: [undefined, failing("FAILED")] });
  await scene.run();
  expect(scene.held()).toBe("value-2");
  expect((await scene.status()).owed).toBe("reload");
});
