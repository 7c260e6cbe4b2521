import { expect, test } from "vitest";
import { heldBackIn } from "../../src/engine/held-back.ts";
import { createRotationClock } from "../../src/schedule/clock.ts";
import type { RotationDeps } from "../../src/rotation/session.ts";
import type { Rotation, Spec } from "../../src/loading/model.ts";
import { rotationIn } from "./spec.ts";
import { createScene, untilDue, type Scene } from "./support.ts";
import { emptyState, type LeaseState, type RotationState } from "../../src/store/state.ts";

const hour = 3_600_000;
const now = 1_000 * hour;

function stateOf(name: string, endsIn: number): RotationState {
  const lease = { id: "l", phase: "live", expiresAt: now + endsIn, provider: "p" } as LeaseState;
  return { ...emptyState(name), seq: 1, settled: "l", consumers: ["l"], leases: { l: lease } };
}

/** What the state knows: tenants by name, and in how many ms their credentials end. */
function depsWith(known: Readonly<Record<string, number>>): RotationDeps {
  const store = {
    names: async () => Object.keys(known),
    load: async (name: string) => stateOf(name, known[name] ?? 0),
  };
  const clock = createRotationClock({ now: () => now, bootId: "b", uptime: () => 0 });
  return { store, clock } as unknown as RotationDeps;
}

function specWith(...names: readonly string[]): Spec {
  const rotations = names.map((name) => ({ name, family: "tenant" }) as Rotation);
  return { rotations, heldBack: [] } as unknown as Spec;
}

const lived = { "tenant.a": hour, "tenant.b": hour, "tenant.c": hour, "tenant.d": hour };

test("a list that lost many living entries is held back, with the way out", async () => {
  expect(await heldBackIn({ spec: specWith("tenant.a", "tenant.b"), deps: depsWith(lived) })).toEqual([
    expect.objectContaining({
      family: "tenant",
      code: "ROTATE_SPEC_SHRUNKEN",
      hint: expect.stringContaining("rotate forget tenant.c"),
    }),
  ]);
});

test.each([
  ["one entry less", specWith("tenant.a", "tenant.b", "tenant.c"), lived],
  [
    "entries whose credentials have ended",
    specWith("tenant.a", "tenant.b"),
    { ...lived, "tenant.c": -hour, "tenant.d": -hour },
  ],
  ["rotations of other names", specWith("tenant.a"), { "tenant.a": hour, "other.b": hour, "other.c": hour }],
  ["a list that grew", specWith("tenant.a", "tenant.b", "tenant.c", "tenant.d", "tenant.e"), lived],
])("%s is no mishap", async (_, spec, known) => {
  expect(await heldBackIn({ spec, deps: depsWith(known) })).toEqual([]);
});

function tenants(scene: Scene, names: readonly string[]): readonly Rotation[] {
  return names.map((name) => ({
    ...rotationIn(scene, { name: `tenant.${name}`, sinks: [name] }),
    reloads: [],
    family: "tenant",
  }));
}

test("a list that shrank stops its own rotations and no others", async () => {
  const scene = createScene();
  const [db] = scene.rotations;
  scene.rotations = [db!, ...tenants(scene, ["one", "two", "three", "four"])];
  await scene.run();
  await scene.clock.advance(untilDue);
  scene.rotations = [db!, ...tenants(scene, ["one", "two"])];
  const ran = await scene.run();
  expect(ran.all.map(({ name, outcome }) => [name, outcome])).toEqual([
    ["db", "rotated"],
    ["tenant.one", "failed"],
    ["tenant.two", "failed"],
  ]);
  expect(ran.exit).toBe(1);
  expect(ran.all[1]?.lastError).toMatchObject({ code: "ROTATE_SPEC_SHRUNKEN" });
  await scene.ask((engine) => engine.forget("tenant.three"));
  expect((await scene.run()).all.map(({ outcome }) => outcome)).toEqual(["fresh", "rotated", "rotated"]);
});

test("a list that cannot be used stops its own rotations and no others, and makes none of them an orphan", async () => {
  const scene = createScene();
  const [db] = scene.rotations;
  scene.rotations = [db!, ...tenants(scene, ["one", "two"])];
  await scene.run();
  scene.rotations = [db!];
  const by = { family: "tenant", code: "ROTATE_LIST_INVALID", message: "it is empty", hint: undefined } as const;
  scene.heldBack = [by, { ...by, family: "fresh-family" }];
  await scene.clock.advance(untilDue);
  const ran = await scene.run();
  expect(ran.all.map(({ name, outcome }) => [name, outcome])).toEqual([
    ["db", "rotated"],
    ["tenant.one", "failed"],
    ["tenant.two", "failed"],
    ["fresh-family", "failed"],
  ]);
  const { rotations } = await scene.ask((engine) => engine.status());
  expect(rotations.map(({ name, state }) => [name, state])).toEqual([
    ["db", "fresh"],
    ["tenant.one", "failing"],
    ["tenant.two", "failing"],
    ["fresh-family", "failing"],
  ]);
  expect((await scene.run({ names: ["db"] })).exit).toBe(0);
  expect((await scene.run({ names: ["tenant.o*"] })).exit).toBe(1);
});

test("what a list holds back is due for nobody, and says so once it has ended", async () => {
  const scene = createScene();
  scene.rotations = tenants(scene, ["one", "two", "three", "four"]);
  await scene.run();
  const [one, two] = scene.rotations;
  scene.rotations = [one!, two!];
  await scene.clock.advance(untilDue);
  expect(await scene.ask((engine) => engine.needsRotation("tenant.one"))).toMatchObject({ due: false });
  await scene.clock.advance(hour);
  scene.rotations = [];
  scene.heldBack = [{ family: "tenant", code: "ROTATE_LIST_INVALID", message: "it is empty", hint: undefined }];
  const { rotations } = await scene.ask((engine) => engine.status());
  const ended = { state: "expired", code: "ended", exit: 3, alarm: "expired", reason: "it is empty" };
  expect(rotations.map(({ name }) => name).toSorted()).toEqual([
    "tenant.four",
    "tenant.one",
    "tenant.three",
    "tenant.two",
  ]);
  for (const rotation of rotations) expect(rotation).toMatchObject(ended);
  const { rotations: planned } = await scene.ask((engine) => engine.plan());
  for (const { standing } of planned) expect(standing).toMatchObject(ended);
  const { exit, all } = await scene.run();
  expect([exit, all.map(({ outcome }) => outcome)]).toEqual([3, ["expired", "expired", "expired", "expired"]]);
  for (const { standing } of all) expect(standing).toMatchObject(ended);
});
