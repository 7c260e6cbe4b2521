import type { Provider } from "@rotate/plugin-kit";
import { expect, test } from "vitest";
import type { Rotation } from "../../src/loading/model.ts";
import { reloadEntry } from "./spec.ts";
import { createScene, failAt, failing, minute, untilDue, type Scene } from "./support.ts";

type Overlap = Partial<Rotation["overlap"]>;

function sceneWith(overlap: Overlap, { adopts = true } = {}): Scene {
  return createScene((rotation, world) => ({
    ...rotation,
    overlap: { ...rotation.overlap, ...overlap },
    reloads: [reloadEntry(world, { name: "app", reads: ["a"], adopts })],
  }));
}

/** Two rotations, then so much time, then another run. */
async function rotateTwiceAndWait(scene: Scene, milliseconds: number): Promise<void> {
  await scene.run();
  await scene.clock.advance(untilDue);
  await scene.run();
  await scene.clock.advance(milliseconds);
  await scene.run();
}

test("the previous lease is revoked once the new one was adopted and the grace has passed", async () => {
  const scene = sceneWith({});
  await rotateTwiceAndWait(scene, 4 * minute);
  expect(scene.revoked()).toEqual([]);
  expect((await scene.status()).leases).toMatchObject([{ state: "superseded" }]);
  await scene.clock.advance(2 * minute);
  expect(await scene.ask((engine) => engine.needsRotation("db"))).toMatchObject({ due: true });
  await scene.run();
  expect(scene.revoked()).toEqual(["value-1"]);
  expect((await scene.status()).leases).toEqual([]);
});

test("a reload that only tells the consumer shows no adoption: the previous lease is left to expire", async () => {
  const scene = sceneWith({}, { adopts: false });
  await rotateTwiceAndWait(scene, 10 * minute);
  expect(scene.revoked()).toEqual([]);
  expect((await scene.status()).leases).toMatchObject([{ state: "expires only" }]);
});

test("revoke: always revokes after the grace, shown or not", async () => {
  const scene = sceneWith({ revoke: "always" }, { adopts: false });
  await rotateTwiceAndWait(scene, 6 * minute);
  expect(scene.revoked()).toEqual(["value-1"]);
});

test("revoke: never leaves every lease to expire", async () => {
  const scene = sceneWith({ revoke: "never" });
  await rotateTwiceAndWait(scene, 10 * minute);
  expect(scene.revoked()).toEqual([]);
});

test("while a reload is owed nothing is revoked", async () => {
  const scene = sceneWith({});
  await scene.run();
  await scene.clock.advance(untilDue);
  failAt(scene, { "reload app": failing("FAILED") });
  await scene.run();
  await scene.clock.advance(10 * minute);
  await scene.run();
  expect(scene.revoked()).toEqual([]);
  expect((await scene.status()).leases).toMatchObject([
    { state: "held", heldBy: [`test-place ${scene.directory}/a`, "consumers"] },
  ]);
});

test("a revocation that fails is retried later, listed meanwhile, and no reason to fail", async () => {
  const scene = sceneWith({});
  failAt(scene, { revoke: [failing("UNAVAILABLE")] });
  await rotateTwiceAndWait(scene, 6 * minute);
  expect((await scene.status()).leases).toMatchObject([{ state: "revoke-pending" }]);
  await scene.clock.advance(minute);
  expect((await scene.run()).exit).toBe(0);
  expect(scene.revoked()).toEqual(["value-1"]);
});

test("past its deadline a revocation is given up, and the lease left to expire", async () => {
  const scene = sceneWith({ deadline: 7 * minute });
  failAt(scene, { revoke: failing("UNAVAILABLE") });
  await rotateTwiceAndWait(scene, 6 * minute);
  for (let round = 0; round < 10; round++) {
    await scene.clock.advance(minute);
    await scene.run();
  }
  expect(scene.steps.filter((step) => step === "revoke").length).toBeLessThan(4);
  expect((await scene.status()).leases).toMatchObject([{ state: "expires only" }]);
});

test("a credential that never reached a sink is given back at once", async () => {
  const scene = sceneWith({});
  await scene.run();
  await scene.clock.advance(untilDue);
  failAt(scene, { "prepare a": failing("INVALID") });
  await scene.run();
  expect(scene.revoked()).toEqual(["value-2"]);
});

test("a sink that holds the old value again stops its revocation", async () => {
  const scene = sceneWith({ grace: minute });
  await scene.run();
  const old = scene.read("a");
  await scene.clock.advance(untilDue);
  await scene.run();
  scene.write("a", old);
  await scene.clock.advance(5 * minute);
  failAt(scene, { mint: failing("DENIED") });
  await scene.run();
  expect(scene.revoked()).toEqual([]);
  expect(await scene.status()).toMatchObject({ state: "failing", check: 4 });
});

test("a sink that cannot be read stops revocations until it can", async () => {
  const scene = sceneWith({ grace: minute });
  await scene.run();
  await scene.clock.advance(untilDue);
  await scene.run();
  await scene.clock.advance(5 * minute);
  failAt(scene, { "read a": failing("UNAVAILABLE") });
  const { db } = await scene.run();
  expect(scene.revoked()).toEqual([]);
  expect(db.warnings?.join()).toMatch("what it holds is not known");
  failAt(scene, {});
  await scene.run();
  expect(scene.revoked()).toEqual(["value-1"]);
});

test("a replaced lease without an end that nobody can revoke is not listed for ever", async () => {
  const scene = createScene((rotation) => ({
    ...rotation,
    refresh: { ...rotation.refresh, rule: { every: 30 * minute } },
    provider: { ...rotation.provider, part: endless(rotation.provider.part) },
  }));
  await scene.run();
  await scene.run({ force: true });
  await scene.clock.advance(minute);
  await scene.run({ force: true });
  expect(scene.mints()).toBe(3);
  expect((await scene.status()).leases.length).toBeLessThanOrEqual(1);
});

/** The same issuer, for ever and without a way back. */
function endless(part: Provider): Provider {
  return {
    ...withoutWayBack(part),
    mint: async (request, ctx) => ({ ...(await part.mint(request, ctx)), expires: "never" }),
  };
}

test("what only the minting process could revoke is no work for another one", async () => {
  const scene = createScene((rotation, world) => ({
    ...rotation,
    reloads: [reloadEntry(world, { name: "app", reads: ["a"], adopts: true })],
    provider: { ...rotation.provider, part: byValueOnly(rotation.provider.part) },
  }));
  await rotateTwiceAndWait(scene, 10 * minute);
  expect(await scene.ask((engine) => engine.needsRotation("db"))).toMatchObject({ due: false });
});

function byValueOnly(part: Provider): Provider {
  return { ...withoutWayBack(part), revokeValue: async () => undefined };
}

function withoutWayBack(part: Provider): Provider {
  const kept = Object.entries(part).filter(([name]) => name !== "revoke" && name !== "find");
  return Object.fromEntries(kept) as unknown as Provider;
}

test("status says of a lease what will become of it: one that was dropped is revoked, whatever `overlap` says of those that were in use", async () => {
  const scene = createScene((rotation) => ({ ...rotation, overlap: { ...rotation.overlap, revoke: "never" } }));
  failAt(scene, { "prepare a": failing("DENIED"), revoke: failing("UNAVAILABLE") });
  await scene.run();
  expect((await scene.status()).leases).toMatchObject([{ state: "revoke-pending" }]);
  failAt(scene, {});
  await scene.clock.advance(30 * minute);
  await scene.run();
  expect(scene.revoked()).toEqual(["value-1"]);
});

test("what was revoked by hand while the issuer's answer was lost is replaced, and a refusal changes nothing", async () => {
  const scene = createScene();
  await scene.run();
  failAt(scene, { revoke: [failing("DENIED"), failing("TIMEOUT")] });
  const revoke = () => scene.ask((engine) => engine.revoke("db"));
  expect((await revoke()).leases).toMatchObject([{ result: "failed" }]);
  expect(await scene.status()).toMatchObject({ state: "fresh", check: 0 });
  expect((await revoke()).leases).toMatchObject([{ result: "failed" }]);
  expect(await scene.status()).toMatchObject({ state: "expired", check: 3 });
  expect((await scene.run()).db.outcome).toBe("rotated");
  expect(scene.held()).toBe("value-2");
});

test("what may have been revoked by hand is not called well because another revocation is refused", async () => {
  const scene = createScene();
  await scene.run();
  failAt(scene, { revoke: [failing("TIMEOUT"), failing("DENIED")] });
  const revoke = () => scene.ask((engine) => engine.revoke("db"));
  await revoke();
  expect((await revoke()).leases).toMatchObject([{ result: "failed" }]);
  expect(await scene.status()).toMatchObject({ state: "expired", code: "revoked", check: 3 });
  expect((await scene.run()).db.outcome).toBe("rotated");
});

test("what comes back into a sink after its revocation was not answered is replaced at once", async () => {
  const scene = sceneWith({});
  await scene.run();
  const old = scene.read("a");
  failAt(scene, { revoke: failing("TIMEOUT") });
  await scene.clock.advance(untilDue);
  await scene.run();
  await scene.clock.advance(6 * minute);
  await scene.run();
  scene.write("a", old);
  expect((await scene.run()).db.outcome).toBe("rotated");
  expect(scene.held()).toBe("value-3");
});

test("what may have been revoked and is given again is a failure with its pauses, not a success to be had without end", async () => {
  const scene = createScene((rotation) => ({ ...rotation, request: { same: true } }));
  await scene.run();
  failAt(scene, { revoke: [failing("TIMEOUT")] });
  await scene.ask((engine) => engine.revoke("db"));
  expect((await scene.run()).db.outcome).toBe("expired");
  const { state, nextAt } = await scene.status();
  expect(state).toBe("expired");
  expect(Date.parse(nextAt!) - scene.clock.now()).toBeGreaterThan(2_000);
});
