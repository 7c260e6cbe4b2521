import { expect, test } from "vitest";
import { createScene, failAt, failing, hour, minute, untilDue } from "./support.ts";

test("mints, writes and reloads once, then says that nothing is due", async () => {
  const scene = createScene();
  const first = await scene.run();
  expect(first).toMatchObject({ exit: 0, db: { outcome: "rotated", reason: "never rotated" } });
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

test("waits longer after each failure, also when the next process is another one", async () => {
  const scene = createScene((rotation) => ({ ...rotation, retry: { initial: minute, max: hour } }));
  failAt(scene, { mint: failing("DENIED") });
  await scene.run();
  const waiting = await scene.run();
  expect(waiting).toMatchObject({
    exit: 1,
    db: { outcome: "failed", reason: "waiting after a failure: never rotated" },
  });
  expect(scene.steps.filter((step) => step === "mint")).toHaveLength(1);
  await scene.clock.advance(minute);
  await scene.run();
  await scene.clock.advance(minute);
  await scene.run();
  expect(scene.steps.filter((step) => step === "mint")).toHaveLength(2);
});

test("an issuer that says when to come back is believed, within reason", async () => {
  const scene = createScene();
  const error = Object.assign(failing("RATE_LIMITED"), { retryAfter: 10 * minute });
  failAt(scene, { mint: [error] });
  await scene.run();
  await scene.clock.advance(9 * minute);
  expect((await scene.run()).db.reason).toMatch("waiting after a failure");
  await scene.clock.advance(minute);
  expect((await scene.run()).db.outcome).toBe("rotated");
});

test("retries within --timeout and rotates in the same run", async () => {
  const scene = createScene();
  failAt(scene, { mint: [failing("UNAVAILABLE"), failing("UNAVAILABLE")] });
  expect(await scene.run({ timeout: 2 * minute })).toMatchObject({ exit: 0, db: { outcome: "rotated" } });
  expect(scene.events.filter(({ type }) => type === "retry-scheduled")).toHaveLength(2);
});

test("does not retry what the plugin calls pointless", async () => {
  const scene = createScene();
  failAt(scene, { mint: failing("DENIED", { retryable: false }) });
  expect((await scene.run({ timeout: 10 * minute })).exit).toBe(1);
  expect(scene.steps.filter((step) => step === "mint")).toHaveLength(1);
});

test("a crash loop stops minting when the budget of the minute is used up", async () => {
  const scene = createScene((rotation) => ({ ...rotation, retry: { initial: 1, max: 1 } }));
  failAt(scene, { "prepare a": failing("INVALID") });
  for (let round = 0; round < 8; round++) {
    await scene.run();
    await scene.clock.advance(10);
  }
  expect(scene.mints()).toBe(5);
  expect((await scene.status()).lastError).toMatchObject({ code: "ROTATE_MINT_RATE_LIMITED" });
});

test("stops new attempts when as many leases live as allowed, until the credential nears its end", async () => {
  const scene = createScene((rotation) => ({ ...rotation, maxLive: 3, retry: { initial: 1, max: 1 } }));
  await scene.run();
  failAt(scene, { minted: failing("TIMEOUT") });
  await scene.clock.advance(41 * minute);
  for (let round = 0; round < 5; round++) {
    await scene.run();
    await scene.clock.advance(minute);
  }
  expect(scene.mints()).toBe(3);
  const status = await scene.status();
  expect(status.lastError?.message).toMatch("3 leases of this rotation live upstream already");
  expect(status.leases.map(({ state }) => state)).toEqual(["unknown", "unknown"]);
  failAt(scene, {});
  await scene.clock.advance(2 * minute);
  expect((await scene.run()).db.outcome).toBe("rotated");
});

test.each([
  ["goes on while earlier leases just wait for their end", "never", ["rotated", "rotated", "rotated", "rotated"]],
  ["stops when earlier leases cannot be revoked", "always", ["rotated", "rotated", "rotated", "failed"]],
] as const)("with few leases allowed it %s", async (_name, revoke, outcomes) => {
  const scene = createScene((rotation) => ({ ...rotation, maxLive: 3, overlap: { ...rotation.overlap, revoke } }));
  failAt(scene, { revoke: failing("UNAVAILABLE") });
  const seen: string[] = [];
  for (let round = 0; round < 4; round++) {
    seen.push((await scene.run({ force: true })).db.outcome);
    await scene.clock.advance(6 * minute);
  }
  expect(seen).toEqual(outcomes);
});

test("a request for a name that the spec does not have is a usage error", async () => {
  const scene = createScene();
  await expect(scene.run({ names: ["dbs"] })).rejects.toMatchObject({
    code: "ROTATE_USAGE",
    exitCode: 2,
    hint: "the spec has: db",
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
