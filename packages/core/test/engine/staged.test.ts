/** What is staged beside a target holds the new credential: it must not stay there when it is not going to be written. */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Sink } from "@rotate/plugin-kit";
import { stageFile, tidyFile } from "@rotate/plugin-kit/files";
import { expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { openEngine } from "../../src/engine/engine.ts";
import { EngineError } from "../../src/engine-error.ts";
import type { JournalRecord } from "../../src/store/records.ts";
import { probeEntry, rotationIn, sinkEntry } from "./spec.ts";
import { createScene, failAt, failing, openBackend, untilDue, type Scene } from "./support.ts";
import { placeIn, type DiskWorld } from "./world.ts";

/** A file that is written as all file sinks write. */
function stagedIn(world: DiskWorld, name: string): Sink {
  const path = join(world.directory, name);
  return {
    ...placeIn(world, name),
    async prepare(values, ctx) {
      const content = Buffer.from(values["key"]!.reveal());
      const prepared = await stageFile(path, () => content, { ctx });
      return {
        ...prepared,
        async commit(commit) {
          await world.hook(`commit ${name}`);
          await prepared.commit(commit);
        },
      };
    },
    tidy: (ctx) => tidyFile(path, ctx),
  };
}

/** Three such files, and a probe of the consumer. */
function createFiles(onFailure: "keep" | "rollback" = "keep"): Scene {
  return createScene((_, world) => {
    const rotation = rotationIn(world, { sinks: ["a", "b", "c"] });
    const sinks = ["a", "b", "c"].map((name) => ({ ...sinkEntry(world, name), part: stagedIn(world, name) }));
    return { ...rotation, sinks, health: [probeEntry(world, "health")], onFailure };
  });
}

function staged({ directory }: Scene): readonly string[] {
  return readdirSync(directory).filter((name) => name.startsWith(".rotate-tmp-"));
}

type Fails = (records: readonly JournalRecord[]) => boolean;

/** A state whose disk is full whenever `fails` says so. */
function fullDisk(backend: Backend, fails: Fails): Backend {
  const { claims } = backend;
  return {
    ...backend,
    claims: {
      ...claims,
      async byName(...asked) {
        const claim = await claims.byName(...asked);
        if (claim === undefined) return undefined;
        return {
          ...claim,
          async append(records) {
            if (fails(records)) throw new EngineError("disk full", { code: "ROTATE_STATE_UNUSABLE", exitCode: 6 });
            return claim.append(records);
          },
        };
      },
    },
  };
}

/** Runs in this process, which lives on. */
async function runWith(scene: Scene, fails: Fails): Promise<void> {
  const backend = await openBackend(scene);
  try {
    const engine = await openEngine({ spec: scene.spec(), runtime: scene.runtime, backend: fullDisk(backend, fails) });
    await engine.run({ timeout: 0 }).catch((error: unknown) => expect(error).toBeInstanceOf(EngineError));
  } finally {
    await backend.close();
  }
}

/** Fails each record in turn, that one alone or it and all that come after; `scene` is made anew each time. Returns how many there were. */
async function failEach(begin: () => Promise<Scene>, then: "once" | "for good"): Promise<number> {
  for (let at = 1; ; at++) {
    const scene = await begin();
    let seen = 0;
    await runWith(scene, () => (++seen, then === "once" ? seen === at : seen >= at));
    expect({ at, staged: staged(scene) }).toEqual({ at, staged: [] });
    if (seen < at) return at - 1;
  }
}

test.each(["once", "for good"] as const)(
  "nothing stays staged when the state cannot be written %s, at whichever record",
  async (then) => {
    const records = await failEach(async () => {
      const scene = createFiles();
      await scene.run();
      await scene.clock.advance(untilDue);
      return scene;
    }, then);
    expect(records).toBeGreaterThan(8);
  },
);

test("nor when it was staged again after a write that failed", async () => {
  const records = await failEach(async () => {
    const scene = createFiles();
    await scene.run();
    await scene.clock.advance(untilDue);
    failAt(scene, { "commit b": [failing("CONFLICT")] });
    return scene;
  }, "for good");
  expect(records).toBeGreaterThan(8);
});

test("a rollback takes back what was written at the second try", async () => {
  const scene = createFiles("rollback");
  await scene.run();
  await scene.clock.advance(untilDue);
  failAt(scene, { "commit b": [failing("CONFLICT")], health: [undefined, failing("FAILED")] });
  const { db } = await scene.run();
  expect(db.outcome).toBe("failed");
  expect([scene.held("a"), scene.held("b"), scene.held("c")]).toEqual(["value-1", "value-1", "value-1"]);
  expect(staged(scene)).toEqual([]);
});

/** As a process leaves it that was killed after it had said that the attempt is over. */
async function leftOver(scene: Scene): Promise<void> {
  const backend = await openBackend(scene);
  const [rotation] = scene.rotations;
  const mark = backend.fingerprint(`db/${rotation!.sinks[0]!.id}`);
  await backend.close();
  const { newTemporaryName } = await import("../../../plugin-kit/src/files/temporary.ts");
  writeFileSync(join(scene.directory, newTemporaryName(mark)), "a credential");
  expect(staged(scene)).toHaveLength(1);
}

test.each<[string, (scene: Scene) => Promise<unknown>]>([
  ["a run", (scene) => scene.run({ force: true })],
  ["a run that mints nothing", (scene) => (failAt(scene, { check: failing("DENIED") }), scene.run({ force: true }))],
  ["a revocation", (scene) => scene.ask((engine) => engine.revoke("db"))],
  ["a question for the credential", (scene) => scene.ask((engine) => engine.credential("db"))],
  ["an ejection", (scene) => scene.ask((engine) => engine.eject("db", "keep"))],
  ["a farewell", (scene) => scene.ask((engine) => engine.forget("db"))],
])("what an earlier process staged is gone after %s, though no attempt was cut off", async (_what, act) => {
  const scene = createFiles();
  await scene.run();
  await leftOver(scene);
  await act(scene);
  expect(staged(scene)).toEqual([]);
});

test("what an earlier process staged is known again when the sink has other keys and the rotation another name", async () => {
  const scene = createFiles();
  await scene.run();
  await leftOver(scene);
  scene.rotations = scene.rotations.map((rotation) => ({
    ...rotation,
    name: "database",
    renamedFrom: "db",
    sinks: rotation.sinks.map((sink) => ({ ...sink, id: `${sink.id}-2` })),
  }));
  failAt(scene, { check: failing("DENIED") });
  await scene.run({ force: true });
  expect(staged(scene)).toEqual([]);
});
