/** Looks of earlier processes that are believed: what a run and a status say with them is what they say without. */
import { statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { openEngine, type Engine } from "../../src/engine/engine.ts";
import type { Rotation } from "../../src/loading/model.ts";
import { reloadEntry, rotationIn } from "./spec.ts";
import { createScene, failAt, failing, minute, openBackend, type Scene } from "./support.ts";

/** Sinks tell how they stand. */
function stamped(scene: Scene, rotation: Rotation): Rotation {
  function stampOf(name: string): string | undefined {
    const stats = statSync(join(scene.directory, name), { throwIfNoEntry: false });
    return stats && `${stats.ino} ${stats.size} ${stats.mtimeMs}`;
  }
  const sinks = rotation.sinks.map((sink) => ({ ...sink, part: { ...sink.part, stamp: () => stampOf(sink.id) } }));
  return { ...rotation, sinks };
}

interface Fleet {
  readonly scene: Scene;
  identity: string | undefined;
  /** Whose state was read since this was last emptied. */
  readonly loaded: string[];
  readonly ask: <T>(question: (engine: Engine) => Promise<T>) => Promise<T>;
}

/** Two rotations with a reload in common, and one without any. */
function createFleet(identity: string | undefined): Fleet {
  const scene = createScene();
  const shared = reloadEntry(scene, { name: "shared", reads: ["a", "b"], shared: true });
  scene.rotations = [
    { ...rotationIn(scene, { name: "one", sinks: ["a"] }), reloads: [shared] },
    { ...rotationIn(scene, { name: "two", sinks: ["b"] }), reloads: [shared] },
    { ...rotationIn(scene, { name: "three", sinks: ["c"] }), reloads: [] },
  ].map((rotation) => stamped(scene, rotation));
  const fleet: Fleet = {
    scene,
    identity,
    loaded: [],
    async ask(question) {
      const { runtime } = scene;
      const backend = watched(await openBackend(scene), fleet.loaded);
      try {
        const spec = { ...scene.spec(), identity: fleet.identity };
        return await question(await openEngine({ spec, runtime, backend, onEvent: () => undefined }));
      } finally {
        await backend.close();
      }
    },
  };
  return fleet;
}

function watched(backend: Backend, loaded: string[]): Backend {
  const { store } = backend;
  return {
    ...backend,
    store: {
      ...store,
      load: (name) => (loaded.push(name), store.load(name)),
      loadAll: (names) => (loaded.push(...names), store.loadAll(names)),
    },
  };
}

/** @param identity undefined: nothing is kept */
async function rested(identity: string | undefined): Promise<Fleet> {
  const fleet = createFleet(identity);
  for (let runs = 0; runs < 3; runs++) await fleet.ask((engine) => engine.run({ timeout: 0 }));
  fleet.loaded.length = 0;
  return fleet;
}

test("neither a run with nothing due nor a status reads the state of what rests since an earlier run", async () => {
  const fleet = await rested("spec 1");
  const ran = await fleet.ask((engine) => engine.run({ timeout: 0 }));
  expect(ran.rotations.map(({ outcome }) => outcome)).toEqual(["fresh", "fresh", "fresh"]);
  expect((await fleet.ask((engine) => engine.status())).summary.states).toEqual({ fresh: 3 });
  expect(fleet.loaded).toEqual([]);
});

test("only what was written since is looked at: by a run of another process, or by hand", async () => {
  const fleet = await rested("spec 1");
  await fleet.ask((engine) => engine.run({ names: ["three"], force: true, timeout: 0 }));
  fleet.loaded.length = 0;
  await fleet.ask((engine) => engine.status());
  expect(fleet.loaded).toEqual(["three"]);
  fleet.scene.write("b", "somebody else's");
  fleet.loaded.length = 0;
  const { rotations } = await fleet.ask((engine) => engine.run({ timeout: 0 }));
  expect(rotations.map(({ standing }) => standing.state)).toEqual(["fresh", "drift", "fresh"]);
  expect(fleet.loaded).not.toContain("one");
});

async function refuse(): Promise<never> {
  throw new Error("the looks are asked for");
}

test("for one of many its own state is read, and not the looks at all", async () => {
  const fleet = await rested("spec 1");
  const backend = watched(await openBackend(fleet.scene), fleet.loaded);
  const { looks: _, ...store } = backend.store;
  const spec = { ...fleet.scene.spec(), identity: "spec 1" };
  const { runtime } = fleet.scene;
  const refusing = { ...backend, store: { ...store, looks: { mark: refuse, recall: refuse, keep: refuse } } };
  const engine = await openEngine({ spec, runtime, backend: refusing, onEvent: () => undefined });
  expect((await engine.run({ names: ["two"], timeout: 0 })).rotations).toMatchObject([{ outcome: "fresh" }]);
  expect((await engine.status({ names: ["two"] })).rotations).toMatchObject([{ state: "fresh" }]);
  await expect(engine.status()).rejects.toThrow("the looks are asked for");
  await backend.close();
});

/** What may happen between two runs. The times of day of both fleets are alike. */
const happenings: Readonly<Record<string, (fleet: Fleet) => unknown>> = {
  nothing: () => undefined,
  "ten minutes": ({ scene }) => scene.clock.advance(10 * minute),
  "the refresh time of all": ({ scene }) => scene.clock.advance(45 * minute),
  "the margin": ({ scene }) => (failAt(scene, { mint: failing("FAILED") }), scene.clock.advance(56 * minute)),
  "the end": ({ scene }) => (failAt(scene, { mint: failing("FAILED") }), scene.clock.advance(61 * minute)),
  "an edit of a sink": ({ scene }) => scene.write("c", "somebody else's"),
  "a touch": ({ scene }) => utimesSync(join(scene.directory, "c"), 1, 1),
  "a sink that is gone": ({ scene }) => scene.remove("a"),
  "an edited spec": (fleet) => {
    fleet.identity = fleet.identity && "spec 2";
    fleet.scene.rotations = fleet.scene.rotations.map((rotation) => ({ ...rotation, hash: "2" }));
  },
  "a refresh rule that makes it due": (fleet) => {
    fleet.identity = fleet.identity && "spec 2";
    const refresh = { rule: { every: minute }, jitter: 0, margin: undefined, windows: [] };
    fleet.scene.rotations = fleet.scene.rotations.map((rotation) => ({ ...rotation, refresh }));
    return fleet.scene.clock.advance(2 * minute);
  },
  "another boot": ({ scene }) => void (scene.machine = { ...scene.machine, bootId: "boot-2" }),
  "a machine that was paused": ({ scene }) => scene.clock.jumpWall(20 * minute),
  "a wall clock that is set back": ({ scene }) => scene.clock.jumpWall(-20 * minute),
  "one of them rotated early, which shares its reload": async (fleet) => {
    await fleet.scene.clock.advance(38 * minute);
    fleet.scene.remove("a");
  },
  "one that somebody let go": (fleet) => fleet.ask((engine) => engine.eject("three", "keep")),
  "one that was forgotten": (fleet) => fleet.ask((engine) => engine.forget("three")),
};

const paces: readonly (readonly [string, number | undefined])[] = [
  ["runs of which nobody knows the pace", undefined],
  ["runs of five minutes", 5 * minute],
  ["runs that one missed is too many of", 25 * minute],
  ["runs that are too slow", 55 * minute],
];

const cases = paces.flatMap(([pace, every]) => Object.keys(happenings).map((what) => [what, pace, every] as const));

test.each(cases)(
  "after %s, and with %s, all that is told is what a look at every state tells",
  async (what, _, every) => {
    const [kept, bare] = [await rested("spec 1"), await rested(undefined)];
    const told = async (fleet: Fleet): Promise<string> => {
      await happenings[what]!(fleet);
      const status = await fleet.ask((engine) => engine.status());
      const ran = await fleet.ask((engine) => engine.run({ timeout: 0, ...(every !== undefined && { every }) }));
      const after = await fleet.ask((engine) => engine.status());
      const again = await fleet.ask((engine) => engine.run({ timeout: 0 }));
      return plain({ status, ran, after, again, mints: fleet.scene.mints(), events: eventsOf(fleet) }, fleet);
    };
    expect(await told(kept)).toBe(await told(bare));
  },
);

function eventsOf({ scene }: Fleet): readonly unknown[] {
  return scene.events;
}

/** Ids and fingerprints are drawn anew in each world. */
function plain(reports: object, { scene }: Fleet): string {
  return JSON.stringify(reports, null, 1)
    .replaceAll(scene.directory, "DIR")
    .replaceAll(/"fingerprint": "[^"]*"/g, '"fingerprint": ""')
    .replaceAll(/rotate-[0-9a-f]{17}/g, "LEASE");
}
