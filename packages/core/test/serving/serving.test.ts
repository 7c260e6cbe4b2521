import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { failing, hour, minute, type Scene } from "../engine/support.ts";
import { createWatchScene, specOf } from "../watch/support.ts";
import { entryOf, servedRotation, startServing, type ServingWatch } from "./support.ts";

function servedScene(how = {}): Scene {
  return createWatchScene((rotation) => servedRotation(rotation, how));
}

async function given({ ctx }: ServingWatch): Promise<string> {
  const { fields } = await ctx().current();
  return fields["token"]!.reveal().split("-s")[0]!;
}

async function stateOf(scene: Scene) {
  return scene.ask((engine) => engine.parts().deps.store.load("db"));
}

test("gives the credential of a rotation without a sink, its end and how long it still lives", async () => {
  const scene = servedScene();
  const watch = await startServing(scene);
  const credential = await watch.ctx().current();
  expect(await given(watch)).toBe("value-1");
  expect(String(credential.fields["token"])).toBe("[secret token]");
  expect(credential).toMatchObject({ rotation: "db", expiresAt: new Date(scene.now() + hour) });
  await watch.pass(10 * minute);
  expect(credential.remaining()).toBe(50 * minute);
  expect(scene.mints()).toBe(1);
});

test("is rotated before those who ask think that it is too old", async () => {
  const scene = servedScene({ window: 25 * minute });
  const watch = await startServing(scene);
  await watch.pass(36 * minute);
  expect(await given(watch)).toBe("value-2");
});

test("a thousand who ask where there is none wait for one mint, and their lease is noted once", async () => {
  const scene = servedScene();
  const gate = Promise.withResolvers<void>();
  scene.onStep = (step) => (step === "mint" ? gate.promise : undefined);
  const watch = await startServing(scene);
  const asked = Array.from({ length: 1_000 }, () => watch.ctx().current());
  gate.resolve();
  const found = new Set((await Promise.all(asked)).map(({ leaseId }) => leaseId));
  expect([found.size, scene.mints()]).toEqual([1, 1]);
  const { leases } = await stateOf(scene);
  expect(Object.values(leases).map(({ pinned }) => pinned)).toEqual([true]);
});

test("who asks is told after a second that there is none yet, and the mint goes on", async () => {
  const scene = servedScene();
  const gate = Promise.withResolvers<void>();
  scene.onStep = (step) => (step === "mint" ? gate.promise : undefined);
  const watch = await startServing(scene);
  const asked = watch
    .ctx()
    .current()
    .catch((error: unknown) => error);
  await watch.pass(1_000);
  expect(await asked).toMatchObject({ code: "UNAVAILABLE", retryAfter: 1_000 });
  gate.resolve();
  await watch.pass(1_000);
  expect(await given(watch)).toBe("value-1");
});

test("answers while a reload takes a minute, with the new one as soon as it is published", async () => {
  const scene = createWatchScene((rotation) => ({ ...servedRotation(rotation), reloads: rotation.reloads }));
  const gate = Promise.withResolvers<void>();
  const watch = await startServing(scene);
  scene.onStep = (step) => (step.startsWith("reload") ? gate.promise : undefined);
  await watch.pass(41 * minute);
  expect(scene.steps.at(-1)).toMatch(/^reload/);
  for (let second = 0; second < 60; second += 1) {
    expect(await given(watch)).toBe("value-2");
    await watch.pass(1_000);
  }
  expect(scene.steps.at(-1)).toMatch(/^reload/);
  gate.resolve();
});

test("answers each question of an outage of three minutes with what lives, and with the new one after it", async () => {
  const scene = servedScene();
  const watch = await startServing(scene);
  await watch.pass(35 * minute);
  let isOut = true;
  scene.onStep = (step) => {
    if (step === "mint" && isOut) throw failing("UNAVAILABLE");
  };
  const tries = () => scene.steps.filter((step) => step === "mint").length;
  while (tries() < 2) await watch.pass(minute);
  for (let second = 0; second < 180; second += 1) {
    expect(await given(watch)).toBe("value-1");
    await watch.pass(1_000);
  }
  isOut = false;
  await watch.pass(10 * minute);
  expect(await given(watch)).toMatch(/value-[2-9]/);
});

test("a live credential is given whatever state its rotation is in, and none when it is over", async () => {
  const scene = servedScene();
  const watch = await startServing(scene);
  scene.onStep = (step) => {
    if (step === "mint") throw failing("UNAVAILABLE");
  };
  await watch.pass(59 * minute);
  expect(await given(watch)).toBe("value-1");
  await watch.pass(2 * minute);
  await expect(watch.ctx().current()).rejects.toMatchObject({ code: "UNAVAILABLE", message: /unavailable/ });
});

test("after a restart nobody knows the values: one is minted, and a watch that is started again and again mints a bounded number", async () => {
  const scene = servedScene();
  const first = await startServing(scene);
  expect(await given(first)).toBe("value-1");
  await first.stop();
  for (let start = 0; start < 12; start++) {
    const again = await startServing(scene);
    await again.stop();
  }
  expect(scene.mints()).toBe(1 + 5);
  const { early } = await stateOf(scene);
  expect(early).toHaveLength(5);
});

test("a restart finds the values in a sink that holds them bare, and mints nothing", async () => {
  const scene = createWatchScene((rotation) => ({ ...servedRotation(rotation), sinks: rotation.sinks }));
  const first = await startServing(scene);
  await first.stop();
  expect(await given(await startServing(scene))).toBe("value-1");
  expect(scene.mints()).toBe(1);
});

test("who would be given it by nobody leaves it alone: a run mints nothing for it", async () => {
  const scene = servedScene();
  scene.serve = [entryOf(scene).entry];
  const { db } = await scene.run({ force: true });
  expect(db).toMatchObject({ name: "db", phases: [] });
  expect(scene.mints()).toBe(0);
});

test("a crash between mint and publishing is not taken for a published credential", async () => {
  const scene = servedScene();
  scene.onStep = (step) => {
    if (step === "minted") throw new Error("killed");
  };
  const first = await startServing(scene);
  await first.stop();
  scene.onStep = () => undefined;
  const watch = await startServing(scene);
  await watch.pass(5 * minute);
  expect(await given(watch)).toMatch(/value-[2-9]/);
});

test("a lease that a server refused is replaced once for all who say so, and not again while the new one is fresh", async () => {
  const scene = servedScene();
  const watch = await startServing(scene);
  await watch.pass(2 * minute);
  const { leaseId } = await watch.ctx().current();
  const all = await Promise.all(
    Array.from({ length: 20 }, () => watch.ctx().current({ refused: leaseId, patience: minute })),
  );
  expect(new Set(all.map(({ fields }) => fields["token"]!.reveal().slice(0, 7)))).toEqual(new Set(["value-2"]));
  expect(scene.mints()).toBe(2);
  const fresh = await watch.ctx().current();
  await expect(watch.ctx().current({ refused: fresh.leaseId })).rejects.toMatchObject({
    code: "UNAVAILABLE",
    retryAfter: expect.closeTo(minute, -4),
  });
  expect((await watch.ctx().current({ refused: leaseId })).leaseId).toBe(fresh.leaseId);
  expect(scene.mints()).toBe(2);
  const told = async () => (await watch.daemon.status()).troubles.map(({ code }) => code);
  expect(await told()).toEqual(["ROTATE_SERVE_REFUSED"]);
  await watch.pass(6 * minute);
  expect(await told()).toEqual([]);
});

test("whoever waits for a change is told of it when it is published", async () => {
  const scene = servedScene();
  const watch = await startServing(scene);
  const known = await watch.ctx().current();
  let told = 0;
  const waiting = watch
    .ctx()
    .changed(known)
    .then(() => told++);
  await watch.pass(39 * minute);
  expect(told).toBe(0);
  await watch.pass(2 * minute);
  await waiting;
  const { previous } = await watch.ctx().current();
  expect(previous?.leaseId).toBe(known.leaseId);
});

test("what was given is never revoked early", async () => {
  const scene = servedScene();
  const watch = await startServing(scene);
  await watch.pass(50 * minute);
  expect(scene.mints()).toBe(2);
  expect(scene.revoked()).toEqual([]);
});

test("with sessions, the previous one is revoked after the last session that uses it, without any reload", async () => {
  const scene = servedScene({ pulls: false, sessions: true });
  const watch = await startServing(scene, { sessions: true });
  const { leaseId } = await watch.ctx().current();
  const [first, second] = [watch.ctx().held(leaseId), watch.ctx().held(leaseId)];
  expect(watch.serving.report()).toMatchObject([{ name: "door", sessions: [{ lease: leaseId, count: 2 }] }]);
  await watch.pass(50 * minute);
  expect(await given(watch)).toBe("value-2");
  expect(scene.revoked()).toEqual([]);
  first();
  await watch.pass(minute);
  expect(scene.revoked()).toEqual([]);
  second();
  second();
  await watch.pass(minute);
  expect(scene.revoked()).toEqual(["value-1"]);
  expect(scene.reloads()).toEqual([]);
});

test("sessions die with the process: the next one revokes what they held", async () => {
  const scene = servedScene({ pulls: false, sessions: true });
  const first = await startServing(scene, { sessions: true });
  first.ctx().held((await first.ctx().current()).leaseId);
  await first.pass(minute);
  await first.stop();
  const watch = await startServing(scene, { sessions: true });
  await watch.pass(10 * minute);
  expect(await given(watch)).toBe("value-2");
  expect(scene.revoked()).toEqual(["value-1"]);
});

test("an endpoint that cannot be opened is told of and tried again, and no rotation waits for it", async () => {
  const scene = createWatchScene();
  const { entry } = entryOf(scene, {
    id: "elsewhere",
    listen: { socket: join(scene.directory, "no/door"), mode: "0600" },
  });
  const good = servedRotation(scene.rotations[0]!);
  scene.rotations = [{ ...good, sinks: scene.rotations[0]!.sinks }];
  const watch = await startServing(scene);
  await watch.edit({ spec: { ...scene.spec(), serve: [entry] } });
  expect(watch.serving.report()).toMatchObject([{ state: "failing", error: { code: "ROTATE_SERVE_UNAVAILABLE" } }]);
  expect(watch.troubles()).toEqual(["ROTATE_SERVE_UNAVAILABLE"]);
  expect(watch.outcomes()).toEqual(["rotated"]);
});

test("a new spec closes what it does not name, opens what is new, and leaves the rest as it is", async () => {
  const scene = servedScene();
  const watch = await startServing(scene);
  const { entry, opened } = entryOf(scene, { name: "window" });
  scene.serve = [...scene.serve, entry];
  await watch.edit(specOf(scene, scene.rotations));
  expect([watch.opened.length, opened.length]).toEqual([1, 1]);
  scene.serve = [entry];
  await watch.edit(specOf(scene, scene.rotations));
  expect(watch.opened[0]!.signal.aborted).toBe(true);
  expect(opened[0]!.signal.aborted).toBe(false);
  expect([existsSync(join(scene.directory, "door.sock")), existsSync(join(scene.directory, "window.sock"))]).toEqual([
    false,
    true,
  ]);
  expect((await opened[0]!.current()).rotation).toBe("db");
});

async function both({ ctx }: ServingWatch): Promise<readonly (string | undefined)[]> {
  const { fields, previous } = await ctx().current();
  return [fields, previous?.fields].map((some) => some?.["token"]?.reveal().split("-s")[0]);
}

test("gives the one before it as well, until that ends, also to the next process where values are kept", async () => {
  const scene = createWatchScene((rotation) => ({ ...servedRotation(rotation), cache: true }));
  const watch = await startServing(scene);
  expect(await both(watch)).toEqual(["value-1", undefined]);
  await watch.pass(41 * minute);
  expect(await both(watch)).toEqual(["value-2", "value-1"]);
  await watch.stop();
  const next = await startServing(scene);
  expect(await both(next)).toEqual(["value-2", "value-1"]);
  await next.pass(25 * minute);
  const { previous } = await next.ctx().current();
  expect(previous === undefined || previous.remaining() === 0).toBe(true);
  expect(scene.mints()).toBe(2);
});
