import { expect, test } from "vitest";
import { createScene, failAt, failing, minute, untilDue } from "./support.ts";

test("a sink changed by hand is reported, and left alone until the next refresh", async () => {
  const scene = createScene();
  await scene.run();
  scene.write("a", "changed by hand");
  expect(await scene.run()).toMatchObject({ exit: 1, db: { outcome: "failed" } });
  expect(await scene.status()).toMatchObject({
    state: "drift",
    code: "changed",
    alarm: "drift",
    reason: expect.stringContaining("/a: key is not what was written; `rotate run db --force` writes it again"),
    check: 1,
  });
  expect(scene.held()).toBe("changed by hand");
  await scene.clock.advance(untilDue);
  expect((await scene.run()).db.outcome).toBe("rotated");
  expect(scene.held()).toBe("value-2");
});

test("drift is told by every run until it is settled, however long ago it was found", async () => {
  const scene = createScene();
  await scene.run();
  scene.write("a", "changed by hand");
  for (let run = 0; run < 3; run++) {
    expect(await scene.run()).toMatchObject({ exit: 1, db: { outcome: "failed" } });
    await scene.clock.advance(minute);
    expect(await scene.status()).toMatchObject({ state: "drift", check: 1 });
  }
  await scene.run({ force: true });
  expect(await scene.run()).toMatchObject({ exit: 0, db: { outcome: "fresh" } });
});

test("drift: repair publishes a new credential at once", async () => {
  const scene = createScene((rotation) => ({ ...rotation, drift: "repair" }));
  await scene.run();
  scene.write("a", "changed by hand");
  expect((await scene.run()).db).toMatchObject({ outcome: "rotated", reason: "drift: a sink was changed by hand" });
  expect(scene.held()).toBe("value-2");
});

test("a sink that was deleted is seen like one that was changed", async () => {
  const scene = createScene((rotation) => ({ ...rotation, drift: "repair" }));
  await scene.run();
  scene.remove("a");
  expect((await scene.run()).db.outcome).toBe("rotated");
  expect(scene.held()).toBe("value-2");
});

test("what somebody wrote by hand stops revocations until the next settled", async () => {
  const scene = createScene();
  await scene.run();
  await scene.clock.advance(untilDue);
  await scene.run();
  scene.write("a", "changed by hand");
  await scene.clock.advance(6 * minute);
  await scene.run();
  expect(scene.revoked()).toEqual([]);
  await scene.run({ force: true });
  await scene.clock.advance(6 * minute);
  await scene.run();
  expect(scene.revoked()).toEqual(["value-1", "value-2"]);
});

test("an earlier credential put back by hand is known, and replaced at once", async () => {
  const scene = createScene();
  await scene.run();
  const old = scene.read("a");
  await scene.clock.advance(untilDue);
  await scene.run();
  scene.write("a", old);
  expect((await scene.run()).db.outcome).toBe("rotated");
  expect(scene.held()).toBe("value-3");
});

test("a change while the consumer is being reloaded is not called settled", async () => {
  const scene = createScene();
  scene.onStep = (step) => {
    if (step === "reloaded app") scene.write("a", "changed by hand");
  };
  expect(await scene.run()).toMatchObject({ exit: 4, db: { outcome: "reload-owed" } });
  scene.onStep = () => undefined;
  await scene.clock.advance(minute);
  expect((await scene.run()).db.outcome).toBe("rotated");
  expect(scene.held()).toBe("value-2");
});

test("a sink that changed between prepare and commit is prepared again", async () => {
  const scene = createScene();
  await scene.run();
  failAt(scene, { "commit a": [failing("CONFLICT")] });
  expect((await scene.run({ force: true })).db.outcome).toBe("rotated");
  expect(scene.steps.filter((step) => step === "prepare a")).toHaveLength(3);
});
