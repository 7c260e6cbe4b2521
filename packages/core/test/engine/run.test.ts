import { expect, test } from "vitest";
import { intentOf } from "../backend/contract.ts";
import type { Rotation } from "../../src/loading/model.ts";
import { rotationIn } from "./spec.ts";
import { createScene, failAt, failing, hour, minute, openBackend, untilDue, type Scene } from "./support.ts";

function alone(scene: Scene, name: string): Rotation {
  return { ...rotationIn(scene, { name, sinks: [name] }), reloads: [] };
}

test("mints, writes and reloads once, then says that nothing is due", async () => {
  const scene = createScene();
  const first = await scene.run();
  expect(first).toMatchObject({ exit: 0, db: { outcome: "rotated", reason: "not rotated before" } });
  expect(scene.held()).toBe("value-1");
  expect(scene.reloads()).toEqual(["app rotated db value-1"]);
  const second = await scene.run();
  expect(second).toMatchObject({
    exit: 0,
    db: { outcome: "fresh", reason: "nothing is due", nextAt: expect.any(String) },
  });
  expect(scene.mints()).toBe(1);
});

test("rotates when two thirds of the life have passed, and not before", async () => {
  const scene = createScene();
  await scene.run();
  await scene.clock.advance(39 * minute);
  expect((await scene.run()).db.outcome).toBe("fresh");
  await scene.clock.advance(2 * minute);
  expect((await scene.run()).db.outcome).toBe("rotated");
});

test("--force rotates a fresh credential, and a failed one before its backoff is over", async () => {
  const scene = createScene();
  await scene.run();
  expect((await scene.run({ force: true })).db).toMatchObject({ outcome: "rotated", reason: "forced" });
  failAt(scene, { mint: [failing("UNAVAILABLE")] });
  expect((await scene.run({ force: true })).exit).toBe(1);
  expect((await scene.run({ force: true })).db.outcome).toBe("rotated");
});

test("begins with what has a credential that nears its end, then with what never had one, last with what fails", async () => {
  const scene = createScene();
  const [fails, held] = ["fails", "held"].map((name) => alone(scene, name));
  scene.rotations = [fails!, held!];
  failAt(scene, { "prepare fails": failing("FAILED") });
  await scene.run({ concurrency: 1 });
  await scene.clock.advance(50 * minute);
  scene.rotations = [fails!, alone(scene, "fresh"), held!];
  scene.steps.length = 0;
  await scene.run({ concurrency: 1 });
  const begun = scene.steps.filter((step) => step.startsWith("prepare"));
  expect(begun.slice(0, 3)).toEqual(["prepare held", "prepare fresh", "prepare fails"]);
});

test("waits longer after each failure, also when the next process is another one", async () => {
  const scene = createScene((rotation) => ({ ...rotation, retry: { initial: minute, max: hour } }));
  failAt(scene, { mint: failing("DENIED") });
  await scene.run();
  const waiting = await scene.run();
  expect(waiting).toMatchObject({
    exit: 1,
    db: { outcome: "failed", reason: "waiting after a failure: not rotated before" },
  });
  const mints = (): number => scene.steps.filter((step) => step === "mint").length;
  expect(mints()).toBe(1);
  await scene.clock.advance(4 * minute);
  await scene.run();
  expect(mints()).toBe(2);
  await scene.clock.advance(4 * minute);
  await scene.run();
  expect(mints()).toBe(2);
});

test("an issuer that says when to come back is believed, within reason", async () => {
  const scene = createScene();
  await scene.run();
  await scene.clock.advance(41 * minute);
  const error = Object.assign(failing("RATE_LIMITED"), { retryAfter: 5 * minute });
  failAt(scene, { mint: [error] });
  await scene.run();
  await scene.clock.advance(minute);
  expect((await scene.run()).db.reason).toMatch("waiting after a failure");
  await scene.clock.advance(3 * minute);
  expect((await scene.run()).db.outcome).toBe("rotated");
});

test("retries within --timeout and rotates in the same run", async () => {
  const scene = createScene();
  failAt(scene, { mint: [failing("UNAVAILABLE"), failing("UNAVAILABLE")] });
  expect(await scene.run({ timeout: 2 * minute })).toMatchObject({ exit: 0, db: { outcome: "rotated" } });
  expect(scene.events.filter(({ type }) => type === "retry-scheduled")).toHaveLength(2);
});

test("--timeout bounds the whole run, a plugin that hangs and obeys nobody included", async () => {
  const scene = createScene();
  const hanging = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  scene.onStep = (step) => (step === "mint" ? (asked.resolve(), hanging.promise) : undefined);
  const running = scene.run({ timeout: 10_000 });
  await asked.promise;
  await scene.clock.advance(15_000);
  const { exit, db } = await running;
  expect(exit).toBe(1);
  expect(db.phases.find(({ phase }) => phase === "mint")?.error?.code).toBe("ROTATE_MINT_TIMEOUT");
  hanging.resolve();
});

test("does not retry what the plugin calls pointless", async () => {
  const scene = createScene();
  failAt(scene, { mint: failing("DENIED", { retryable: false }) });
  expect((await scene.run({ timeout: 10 * minute })).exit).toBe(1);
  expect(scene.steps.filter((step) => step === "mint")).toHaveLength(1);
});

test("a crash loop is paced, however short the backoff of the spec", async () => {
  const scene = createScene((rotation) => ({ ...rotation, retry: { initial: 1, max: 1 } }));
  failAt(scene, { "prepare a": failing("INVALID") });
  for (let round = 0; round < 8; round++) {
    await scene.run();
    await scene.clock.advance(250);
  }
  expect(scene.mints()).toBe(2);
});

test("mints that come to nothing use the budget up, until the credential nears its end; the cause is still shown", async () => {
  const budget = { perMinute: 5, perHour: 3 };
  const scene = createScene((rotation) => ({ ...rotation, budget, retry: { initial: 1, max: 1 } }));
  await scene.run();
  failAt(scene, { "prepare a": failing("INVALID") });
  await scene.clock.advance(41 * minute);
  for (let round = 0; round < 5; round++) {
    await scene.run();
    await scene.clock.advance(minute / 2);
  }
  expect(scene.mints()).toBe(4);
  expect((await scene.status()).lastError).toMatchObject({ code: "ROTATE_PREPARE_INVALID" });
  failAt(scene, {});
  await scene.clock.advance(5 * minute);
  expect((await scene.run()).db.outcome).toBe("rotated");
});

test("a raised budget counts at the next look", async () => {
  const scene = createScene((rotation) => ({ ...rotation, budget: { perMinute: 1, perHour: 1 } }));
  await scene.run();
  failAt(scene, { "prepare a": [failing("INVALID")] });
  await scene.clock.advance(41 * minute);
  await scene.run();
  await scene.clock.advance(6_000);
  expect((await scene.run()).db.reason).toMatch("waiting");
  expect(scene.mints()).toBe(2);
  scene.rotations = scene.rotations.map((rotation) => ({ ...rotation, budget: { perMinute: 5, perHour: 30 } }));
  expect((await scene.run()).db.outcome).toBe("rotated");
});

test("leases whose answer was lost block nothing: they are listed, and told when they are many", async () => {
  const scene = createScene((rotation) => ({ ...rotation, maxLive: 2 }));
  await scene.run();
  failAt(scene, { minted: failing("TIMEOUT") });
  await scene.clock.advance(41 * minute);
  for (let round = 0; round < 3; round++) {
    await scene.run();
    await scene.clock.advance(minute);
  }
  const { leases } = await scene.status();
  expect(leases.map(({ state }) => state)).toEqual(["unknown", "unknown", "unknown"]);
  failAt(scene, {});
  await scene.clock.advance(2 * minute);
  const { db } = await scene.run();
  expect(db).toMatchObject({ outcome: "rotated", warnings: [expect.stringContaining("maxLive 2")] });
});

test("a request for a name that the spec does not have is a usage error", async () => {
  const scene = createScene();
  await expect(scene.run({ names: ["dbs"] })).rejects.toMatchObject({
    code: "ROTATE_USAGE",
    exitCode: 2,
    hint: "did you mean db? the spec has db",
  });
});

test("what failed is told with code, hint and phase, and the later phases as not run", async () => {
  const scene = createScene();
  await scene.run();
  await scene.clock.advance(untilDue);
  failAt(scene, { mint: failing("DENIED") });
  const { db } = await scene.run();
  expect(db.phases.map(({ phase, result }) => `${phase} ${result}`)).toEqual([
    "preflight succeeded",
    "mint failed",
    "verify not-run",
    "prepare not-run",
    "commit not-run",
    "reload not-run",
    "health not-run",
    "settle not-run",
  ]);
  expect(db.phases[1]!.error).toMatchObject({ code: "ROTATE_MINT_DENIED", hint: "look at it", retryable: true });
  expect(db.sinks).toEqual([{ type: "test-place", target: `${scene.directory}/a`, result: "not-run" }]);
});

test("a backend is told when a rotation is due again, and that one whose process died is due at once", async () => {
  const scene = createScene();
  const { db } = await scene.run();
  const backend = await openBackend(scene);
  await backend.publish(scene.spec());
  const [claim] = await backend.claims.due(1, new AbortController().signal);
  const next = Date.parse(db.nextAt!);
  expect(scene.clock.now()).toBeGreaterThanOrEqual(next);
  expect(scene.clock.now()).toBeLessThan(next + 31_000);
  await claim!.append([intentOf("l1")]);
  await claim!.settle();
  const before = scene.clock.now();
  expect(await backend.claims.due(1, new AbortController().signal)).toHaveLength(1);
  expect(scene.clock.now()).toBe(before);
  await backend.close();
});
