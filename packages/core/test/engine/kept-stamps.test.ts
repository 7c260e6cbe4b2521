import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret } from "@rotate/plugin-kit";
import { createRuntime } from "@rotate/runtime";
import { expect, onTestFinished, test } from "vitest";
import { recallStamps } from "../../src/engine/kept-stamps.ts";
import { observationDiffers } from "../../src/engine/quick-look.ts";
import type { Rotation } from "../../src/loading/model.ts";
import { openSqliteState } from "../../src/local/sqlite.ts";
import type { RotationDeps } from "../../src/rotation/session.ts";
import { fingerprintWith } from "../../src/store/fingerprint.ts";
import { emptyState, type RotationState } from "../../src/store/state.ts";

const fingerprint = fingerprintWith(Buffer.alloc(32));

/** A sink that counts how often it is read, and a state that says that it holds the lease `l1`, whose value is `value`. */
function stage() {
  const directory = mkdtempSync(join(tmpdir(), "rotate-stamps-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const world = { value: "value", stamp: "as it was", boot: "boot-1", reads: 0 };
  const part = {
    type: "file",
    options: {},
    stamp: () => world.stamp,
    read: async () => {
      world.reads++;
      return { content: new Secret(world.value) };
    },
  };
  const sink = {
    part,
    id: "s1",
    type: "file",
    target: "/f",
    options: {},
    values: { content: {} },
    where: "sinks.0",
    timeout: 1_000,
  };
  const rotation = { name: "db", sinks: [sink], fields: {} } as unknown as Rotation;
  const lease = { id: "l1", sinkFingerprints: { s1: { content: fingerprint("value") } }, issuedAt: 1 };
  const state = {
    ...emptyState("db"),
    settled: "l1",
    leases: { l1: lease },
    sinks: { s1: { id: "s1", type: "file", target: "/f", keys: ["content"], canRead: true, may: ["l1"] } },
  } as unknown as RotationState;

  /** One run's look; what it saw is kept for the next. */
  async function look(at = state): Promise<boolean> {
    const store = openSqliteState(directory);
    const deps = {
      fingerprint,
      runtime: createRuntime(),
      clock: { now: () => 10, note: () => ({ bootId: world.boot }) },
      host: { sinkStamps: store.sinkStamps },
      stamps: new WeakMap(),
    } as unknown as RotationDeps;
    const keep = await recallStamps([rotation], deps);
    const differs = await observationDiffers({ rotation, deps }, at);
    await keep();
    await store.close();
    return differs;
  }
  return { world, look, state };
}

test("a sink that stands as it did at the last run is not read again", async () => {
  const { world, look } = stage();
  expect([await look(), await look(), await look()]).toEqual([false, false, false]);
  expect(world.reads).toBe(1);
});

test("one that stands otherwise is read, and what it holds counts", async () => {
  const { world, look } = stage();
  await look();
  Object.assign(world, { stamp: "touched", value: "somebody else's" });
  expect(await look()).toBe(true);
  expect(await look()).toBe(true);
  expect(world.reads).toBe(3);
});

test("after a boot each is read again: a power cut may leave the times of a file and take what it held", async () => {
  const { world, look } = stage();
  await look();
  Object.assign(world, { boot: "boot-2", value: "lost" });
  expect(await look()).toBe(true);
});

test("one that may hold another lease by now is read, however it stands", async () => {
  const { world, look, state } = stage();
  await look();
  const doubtful = { ...state, sinks: { s1: { ...state.sinks["s1"]!, may: ["l1", "l2"] } } } as RotationState;
  await look(doubtful);
  expect(world.reads).toBe(2);
});
