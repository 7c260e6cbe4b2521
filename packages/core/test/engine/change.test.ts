import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Machine } from "../../src/local/machine.ts";
import { rotationIn, sinkEntry } from "./spec.ts";
import { createScene, hour, minute, untilDue } from "./support.ts";

test("a changed request or sink makes the rotation due", async () => {
  const scene = createScene();
  await scene.run();
  scene.rotations = scene.rotations.map((rotation) => ({ ...rotation, hash: "2" }));
  expect(await scene.status()).toMatchObject({ state: "due", reason: "spec-changed" });
  expect((await scene.run()).db).toMatchObject({ outcome: "rotated", reason: "spec-changed" });
  expect((await scene.run()).db.outcome).toBe("fresh");
});

test("a rotation that was renamed goes on with its lease", async () => {
  const scene = createScene();
  await scene.run();
  scene.rotations = [{ ...rotationIn(scene, { name: "database" }), renamedFrom: "db" }];
  expect((await scene.run()).db).toMatchObject({ name: "database", outcome: "fresh" });
  expect(scene.mints()).toBe(1);
});

test("a rotation that left the spec is orphaned: told by name until it is forgotten, touched by nobody", async () => {
  const scene = createScene();
  await scene.run();
  scene.rotations = [rotationIn(scene, { name: "other", sinks: ["b"] })];
  await scene.run();
  const { rotations } = await scene.ask((engine) => engine.status());
  expect(rotations[1]).toMatchObject({ name: "db", state: "orphaned", leases: [{ state: "held" }] });
  expect(scene.held("a")).toBe("value-1");
  await scene.clock.advance(2 * hour);
  const later = (await scene.ask((engine) => engine.status())).rotations[1];
  expect(later).toMatchObject({ name: "db", state: "orphaned", alarm: "orphaned", exit: 3 });
  await scene.ask((engine) => engine.forget("db"));
  expect((await scene.ask((engine) => engine.status())).rotations).toHaveLength(1);
});

test("a rotation that comes back to the spec goes on where it was", async () => {
  const scene = createScene();
  await scene.run();
  const before = scene.rotations;
  scene.rotations = [rotationIn(scene, { name: "other", sinks: ["b"] })];
  await scene.run();
  scene.rotations = before;
  expect((await scene.run()).db.outcome).toBe("fresh");
});

test("a sink that left the spec pins the lease it holds until that expires", async () => {
  const scene = createScene((rotation, world) => ({
    ...rotation,
    sinks: ["a", "b"].map((name) => sinkEntry(world, name)),
  }));
  await scene.run();
  scene.rotations = [{ ...rotationIn(scene, { sinks: ["a"] }), hash: "2" }];
  await scene.run();
  await scene.clock.advance(10 * minute);
  await scene.run();
  expect(scene.revoked()).toEqual([]);
  expect((await scene.status()).leases[0]?.heldBy).toEqual([`test-place ${scene.directory}/b (no longer in the spec)`]);
  expect(scene.held("b")).toBe("value-1");
});

test("a sink that is added gets the credential in a new rotation of all sinks", async () => {
  const scene = createScene();
  await scene.run();
  scene.rotations = [{ ...rotationIn(scene, { sinks: ["a", "b"] }), hash: "2" }];
  expect((await scene.run()).db.outcome).toBe("rotated");
  expect([scene.held("a"), scene.held("b")]).toEqual(["value-2", "value-2"]);
});

test("on a cloned machine the leases are foreign: never revoked, minted anew", async () => {
  const scene = createScene();
  await scene.run();
  scene.machine = { ...scene.machine, machineId: "machine-2" };
  expect(await scene.status()).toMatchObject({ state: "foreign", check: 1 });
  expect((await scene.run()).db).toMatchObject({ outcome: "rotated", reason: "the state came from another machine" });
  await scene.clock.advance(10 * minute);
  await scene.run();
  expect(scene.held()).toBe("value-2");
  expect(scene.revoked()).toEqual([]);
  expect((await scene.status()).leases).toMatchObject([{ state: "foreign" }]);
});

test("a copy on hardware of its own is a clone, although it kept the machine's id", async () => {
  const scene = createScene();
  scene.machine = { ...scene.machine, productId: "vm-1" };
  await scene.run();
  scene.machine = { ...scene.machine, productId: "vm-2" };
  expect((await scene.run()).db.reason).toBe("the state came from another machine");
  expect(scene.logs.join("")).toContain("is not revoked from here, and minted anew");
});

test.each<[string, (machine: Machine) => Machine]>([
  ["its host has another name", (machine) => ({ ...machine, hostName: "copy" })],
  ["a boot of before is there again after another one", (machine) => ({ ...machine, bootId: "boot-1" })],
])("a state that may be a copy stays in use, and nothing of it is revoked: %s", async (_, change) => {
  const scene = createScene();
  scene.machine = { ...scene.machine, hostName: "original" };
  await scene.run();
  scene.machine = { ...scene.machine, bootId: "boot-2" };
  await scene.run();
  scene.machine = change(scene.machine);
  expect((await scene.run()).db.outcome).toBe("fresh");
  expect(scene.logs.join("")).toContain("may be a copy of one that original uses");
  await scene.clock.advance(untilDue);
  expect((await scene.run()).db.outcome).toBe("rotated");
  await scene.clock.advance(10 * minute);
  await scene.run();
  expect(scene.revoked()).toEqual([]);
  expect((await scene.status()).leases).toMatchObject([{ state: "expires only" }]);
  await scene.clock.advance(untilDue - 10 * minute);
  await scene.run();
  await scene.clock.advance(6 * minute);
  await scene.run();
  expect(scene.revoked()).toEqual(["value-2"]);
});

test("an ordinary reboot, and a look without the right to read the hardware's name, are no copies", async () => {
  const scene = createScene();
  scene.machine = { ...scene.machine, productId: "vm-1", hostName: "original" };
  await scene.run();
  const { productId: _, ...blind } = scene.machine;
  for (const bootId of ["boot-2", "boot-3"]) {
    scene.machine = { ...blind, bootId };
    await scene.run();
  }
  expect(scene.logs.join("")).not.toContain("copy");
  expect(scene.mints()).toBe(1);
});

test("after the state was deleted the first rotation takes the sinks over and revokes nothing of before", async () => {
  const scene = createScene();
  await scene.run();
  rmSync(join(scene.directory, "state", "test"), { recursive: true });
  expect((await scene.run()).db).toMatchObject({ outcome: "rotated", reason: "not rotated before" });
  await scene.clock.advance(10 * minute);
  await scene.run();
  expect(scene.held()).toBe("value-2");
  expect(scene.revoked()).toEqual([]);
});

test("after the state was deleted a value that the issuer gives again is recognised in the sinks", async () => {
  const scene = createScene((rotation) => ({ ...rotation, request: { same: true } }));
  await scene.run();
  rmSync(join(scene.directory, "state", "test"), { recursive: true });
  await scene.run();
  expect(scene.mints()).toBe(1);
  expect(await scene.status()).toMatchObject({ state: "fresh", leases: [] });
  expect(scene.revoked()).toEqual([]);
});

test("a state restored from an older copy revokes nothing that is in use", async () => {
  const scene = createScene();
  await scene.run();
  const state = join(scene.directory, "state", "test");
  cpSync(state, `${state}.copy`, { recursive: true });
  await scene.clock.advance(untilDue);
  await scene.run();
  rmSync(state, { recursive: true });
  cpSync(`${state}.copy`, state, { recursive: true });
  await scene.run();
  await scene.clock.advance(10 * minute);
  await scene.run();
  expect(scene.revoked()).not.toContain(scene.held());
  expect(scene.revoked()).not.toContain("value-2");
});

test("two specs of one name that both exist do not share a state", async () => {
  const scene = createScene();
  scene.write("rotate.yaml", "");
  await scene.run();
  const { spec } = scene;
  scene.specFile = join(scene.directory, "other.yaml");
  await expect(scene.run()).rejects.toMatchObject({ code: "ROTATE_STATE_TAKEN", exitCode: 6 });
  expect(spec().name).toBe("test");
});
