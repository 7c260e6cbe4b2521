import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RotateError } from "@rotate/plugin-kit";
import { reference } from "@rotate/runtime";
import { onTestFinished, expect, test } from "vitest";
import { rotationIn } from "../engine/spec.ts";
import { failAt, failing, hour, minute, type Scene } from "../engine/support.ts";
import type { Rotation } from "../../src/loading/model.ts";
import type { Service } from "../../src/watch/services.ts";
import { createWatchScene, specOf, startDaemon } from "./support.ts";

const noMounts = process.getuid?.() === 0 && process.platform === "linux" ? "" : "mounting needs root on Linux";

function several(scene: Scene, names: readonly string[], family?: string): readonly Rotation[] {
  return names.map((name) => ({ ...rotationIn(scene, { name, sinks: [name] }), reloads: [], family }));
}

/** A service that writes down what it sees. */
function notebook(): { readonly service: Service; readonly seen: string[] } {
  const seen: string[] = [];
  const service: Service = {
    name: "notebook",
    async start({ events, spec }) {
      seen.push("starts");
      events.on(({ type }) => void (type === "rotation-finished" || type === "spec-reloaded" ? seen.push(type) : 0));
      return async () => void seen.push(`stops, ${spec().rotations.length} rotations`);
    },
  };
  return { service, seen };
}

test("a service is started once, sees what happens, outlives every reload of the spec, and ends with the daemon", async () => {
  const scene = createWatchScene();
  const { service, seen } = notebook();
  const watched = await startDaemon(scene, { services: [service] });
  await watched.edit(specOf(scene, [...scene.rotations, ...several(scene, ["mq"])]));
  await watched.pass(1_000);
  await watched.stop();
  expect(seen).toEqual(["starts", "rotation-finished", "spec-reloaded", "rotation-finished", "stops, 2 rotations"]);
});

test("a service that cannot start ends those before it, and nothing is rotated", async () => {
  const scene = createWatchScene();
  const { service, seen } = notebook();
  const broken: Service = { name: "page", start: () => Promise.reject(new Error("the port is taken")) };
  const onUnfollow = (): void => void seen.push("follows no file any more");
  await expect(startDaemon(scene, { services: [service, broken], onUnfollow })).rejects.toThrow("the port is taken");
  expect(seen).toEqual(["starts", "stops, 1 rotations", "follows no file any more"]);
  expect(scene.mints()).toBe(0);
});

test("its status is that of the engine, with what is wrong with the daemon itself", async () => {
  const scene = createWatchScene();
  const { daemon, edit } = await startDaemon(scene);
  expect(await daemon.status()).toMatchObject({ rotations: [{ name: "db", state: "fresh" }], troubles: [] });
  await edit({ problem: "rotate.yaml:3:1 unknown key" });
  expect(await daemon.status()).toMatchObject({ specProblem: "rotate.yaml:3:1 unknown key" });
  await edit(specOf(scene, scene.rotations));
  expect(await daemon.status()).not.toHaveProperty("specProblem");
});

test("what is asked of it begins before the end or not at all, and a new spec waits for it", async () => {
  const scene = createWatchScene();
  const { daemon, edit, stop } = await startDaemon(scene);
  const errand = Promise.withResolvers<void>();
  const asked = daemon.ask(async () => errand.promise);
  await edit(specOf(scene, [...scene.rotations, ...several(scene, ["mq"])]));
  expect(daemon.spec().rotations).toHaveLength(1);
  errand.resolve();
  await asked;
  await edit(specOf(scene, [...scene.rotations, ...several(scene, ["mq"])]));
  expect(await daemon.ask(async (engine) => engine.parts().spec.rotations.length)).toBe(2);
  await stop();
  expect(daemon.phase()).toBe("draining");
  await expect(daemon.ask(async () => undefined)).rejects.toMatchObject({ code: "ROTATE_STOPPING" });
});

test("it tells how long ago its loop came round", async () => {
  const scene = createWatchScene();
  const { daemon, pass } = await startDaemon(scene);
  await pass(60_000);
  expect(daemon.phase()).toBe("running");
  expect(daemon.sinceLook()).toBeLessThanOrEqual(30_000);
});

test("a spec that names another state is not taken", async () => {
  const scene = createWatchScene();
  const watched = await startDaemon(scene);
  await watched.edit({ spec: { ...scene.spec(), name: "other" } });
  expect(await watched.daemon.status()).toMatchObject({ specProblem: expect.stringContaining("another state") });
});

test("what was edited after it was read, and before anybody followed it, is taken up", async () => {
  const scene = createWatchScene();
  writeFileSync(scene.specFile, "as it is now");
  const asRead = new Map([[scene.specFile, "as it was"]]);
  const { daemon } = await startDaemon(
    { ...scene, spec: () => ({ ...scene.spec(), asRead }) },
    { load: async () => ({ spec: { ...scene.spec(), name: "other" } }) },
  );
  expect(await daemon.status()).toMatchObject({ specProblem: expect.stringContaining("another state") });
});

test("lists are followed like the spec, and files of references for those who log in with them", async () => {
  const scene = createWatchScene();
  const [db] = scene.rotations;
  const secret = join(scene.directory, "secret");
  const list = join(scene.directory, "tenants.json");
  const provider = { ...db!.provider, options: { password: reference({ file: secret }, true) } };
  writeFileSync(secret, "old");
  scene.rotations = [{ ...db!, provider }];
  const watched = await startDaemon({ ...scene, spec: () => ({ ...scene.spec(), lists: [list] }) });
  expect(watched.followed()).toEqual([scene.specFile, list, secret]);
  await watched.touch(list);
  expect(scene.events).toContainEqual({ type: "spec-reloaded", rotations: 1 });
});

test("what failed with an old secret is tried again as soon as its file changes, even when only a person could help", async () => {
  const scene = createWatchScene();
  const [db] = scene.rotations;
  const secret = join(scene.directory, "secret");
  writeFileSync(secret, "old");
  scene.rotations = [
    { ...db!, provider: { ...db!.provider, options: { password: reference({ file: secret }, true) } } },
  ];
  const denied = { code: "DENIED", retryable: false, noEffect: true, person: true } as const;
  failAt(scene, { mint: new RotateError("log in again", denied) });
  const watched = await startDaemon(scene);
  await watched.pass(2 * hour);
  const before = scene.steps.filter((step) => step === "mint").length;
  failAt(scene, {});
  await watched.pass(10 * minute);
  expect(scene.held()).toBeUndefined();
  expect((await scene.status()).nextAt).toBeUndefined();
  writeFileSync(secret, "new");
  await watched.touch(secret);
  await watched.pass(1_000);
  expect(scene.held()).toBe("value-1");
  expect([before, scene.steps.filter((step) => step === "mint").length]).toEqual([1, 2]);
});

test("places that a provider says it reads are followed as well, a directory with what is in it", async () => {
  const scene = createWatchScene();
  const [db] = scene.rotations;
  const cache = join(scene.directory, "sso");
  mkdirSync(cache);
  const part = { ...db!.provider.part, reads: () => [{ path: cache }] };
  scene.rotations = [{ ...db!, provider: { ...db!.provider, part } }];
  failAt(scene, { mint: new RotateError("log in again", { code: "DENIED", retryable: false, person: true }) });
  const watched = await startDaemon(scene);
  expect(watched.followed()).toEqual([scene.specFile, cache]);
  failAt(scene, {});
  await watched.pass(2 * hour);
  expect(scene.held()).toBeUndefined();
  writeFileSync(join(cache, "token.json"), "{}");
  await watched.touch(cache);
  await watched.pass(1_000);
  expect(scene.held()).toBe("value-1");
});

test("a list that shrank while nobody looked holds its rotations back at the start, and no others; told once, until it is over", async () => {
  const scene = createWatchScene();
  const [db] = scene.rotations;
  scene.rotations = [db!, ...several(scene, ["t.one", "t.two", "t.three", "t.four"], "t")];
  await scene.run();
  scene.rotations = [db!, ...several(scene, ["t.one", "t.two"], "t")];
  const before = scene.held("t.one");
  const watched = await startDaemon(scene);
  await watched.pass(50 * minute);
  expect([scene.held(), scene.held("t.one")]).toEqual(["value-6", before]);
  expect(watched.troubles()).toEqual(["ROTATE_SPEC_SHRUNKEN"]);
  expect((await watched.daemon.status()).troubles).toMatchObject([{ hint: expect.stringContaining("forget t.") }]);
  await scene.ask((engine) => engine.forget("t.three"));
  await watched.pass(minute);
  expect(watched.troubles()).toEqual(["ROTATE_SPEC_SHRUNKEN", "over ROTATE_SPEC_SHRUNKEN"]);
  expect(scene.held("t.one")).toMatch(/value-[78]/);
});

test("a lost lock is one alarm with its path, and over at the next try", async () => {
  const scene = createWatchScene();
  const writing = Promise.withResolvers<void>();
  scene.onStep = (step) => (step === "commit a" ? writing.promise : undefined);
  const watched = await startDaemon(scene);
  rmSync(join(scene.directory, "state", "test", "locks"), { recursive: true });
  writing.resolve();
  scene.onStep = () => undefined;
  await watched.pass(20_000);
  expect(watched.troubles()).toEqual(["ROTATE_STATE_FENCED", "over ROTATE_STATE_FENCED"]);
  expect(scene.events).toContainEqual(
    expect.objectContaining({ type: "trouble", message: expect.stringContaining("state/test/locks/") }),
  );
  expect(scene.reloads().at(-1)).toContain(scene.held());
});

test("a state directory that is taken away is one alarm with path and remedy, and nothing is minted until it is back", async () => {
  const scene = createWatchScene();
  const watched = await startDaemon(scene);
  const state = join(scene.directory, "state", "test");
  renameSync(state, `${state}-away`);
  await watched.pass(50 * minute);
  expect(scene.mints()).toBe(1);
  expect(watched.troubles()).toEqual(["ROTATE_STATE_LOST"]);
  const [trouble] = scene.events.filter(({ type }) => type === "trouble");
  expect(trouble).toMatchObject({
    message: expect.stringContaining(state),
    hint: expect.stringContaining("put it back"),
  });
  renameSync(`${state}-away`, state);
  await watched.pass(minute);
  expect(watched.troubles()).toEqual(["ROTATE_STATE_LOST", "over ROTATE_STATE_LOST"]);
  expect(scene.held()).toBe("value-2");
});

test("a state that comes back from a backup is gone on with", async () => {
  const scene = createWatchScene();
  const watched = await startDaemon(scene);
  const state = join(scene.directory, "state", "test");
  execFileSync("cp", ["-a", state, `${state}-backup`]);
  rmSync(state, { recursive: true });
  await watched.pass(minute);
  renameSync(`${state}-backup`, state);
  await watched.pass(50 * minute);
  expect(watched.troubles()).toEqual(["ROTATE_STATE_LOST", "over ROTATE_STATE_LOST"]);
  expect(scene.held()).toBe("value-2");
});

test.skipIf(noMounts !== "")(
  `a full state disk is one alarm with path and remedy, and is over when there is room${noMounts && ` (${noMounts})`}`,
  async () => {
    const scene = createWatchScene();
    const disk = join(scene.directory, "state");
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs", disk]);
    onTestFinished(() => void execFileSync("umount", ["-l", disk]));
    const watched = await startDaemon(scene);
    const filler = join(disk, "filler");
    expect(() => writeFileSync(filler, Buffer.alloc(2 ** 21))).toThrow(/ENOSPC/);
    await watched.pass(55 * minute);
    expect(scene.mints()).toBe(1);
    expect(watched.troubles()).toEqual(["ROTATE_STATE_UNUSABLE"]);
    expect((await watched.daemon.status()).troubles).toMatchObject([
      {
        message: expect.stringMatching(/state\/test\/.*: the disk is full$/),
        hint: expect.stringContaining("make room"),
      },
    ]);
    rmSync(filler);
    await watched.pass(minute);
    expect(watched.troubles()).toEqual(["ROTATE_STATE_UNUSABLE", "over ROTATE_STATE_UNUSABLE"]);
    expect(scene.held()).toBe("value-2");
  },
);

test("what a rotation warns of is told once, and again when an attempt was without it", async () => {
  const scene = createWatchScene();
  const watched = await startDaemon(scene);
  const warnings = () => scene.events.filter(({ type }) => type === "warning").length;
  failAt(scene, { "read a": failing("UNAVAILABLE") });
  await watched.pass(20 * minute);
  expect(warnings()).toBe(1);
  failAt(scene, {});
  await watched.pass(22 * minute);
  expect([scene.held(), warnings()]).toEqual(["value-2", 1]);
  failAt(scene, { "read a": failing("UNAVAILABLE") });
  await watched.pass(10 * minute);
  expect(warnings()).toBe(2);
});

test("a lock that cannot be taken is one alarm with its path, and over as soon as it can", async () => {
  const scene = createWatchScene();
  scene.rotations = [...scene.rotations, ...several(scene, ["mq"])];
  const watched = await startDaemon(scene);
  const locks = join(scene.directory, "state", "test", "locks");
  const before = [scene.held(), scene.held("mq")];
  rmSync(locks, { recursive: true });
  writeFileSync(locks, "");
  await watched.pass(41 * minute);
  expect([scene.held(), scene.held("mq")]).toEqual(before);
  expect(watched.troubles()).toEqual(["ROTATE_STATE_UNUSABLE"]);
  rmSync(locks);
  await watched.pass(minute);
  expect(new Set([scene.held(), scene.held("mq")])).toEqual(new Set(["value-3", "value-4"]));
  expect(watched.troubles()).toEqual(["ROTATE_STATE_UNUSABLE", "over ROTATE_STATE_UNUSABLE"]);
});

test("a failing issuer is no trouble of the daemon's", async () => {
  const scene = createWatchScene();
  failAt(scene, { mint: failing("UNAVAILABLE") });
  const watched = await startDaemon(scene);
  await watched.pass(10 * minute);
  expect(watched.troubles()).toEqual([]);
});

test("a daemon that takes over from a timer that came too seldom says that all is well, in every view", async () => {
  const scene = createWatchScene();
  await scene.run({ every: 70 * minute });
  expect(await scene.status()).toMatchObject({ state: "at-risk", code: "too-slow" });
  const watched = await startDaemon(scene);
  expect((await watched.daemon.status()).rotations).toMatchObject([{ state: "fresh", exit: 0 }]);
  expect(watched.alarms()).toEqual([]);
  const told = scene.events.flatMap((event) => (event.type === "standing-changed" ? [event.after?.state] : []));
  expect(told).toEqual(["at-risk", "fresh"]);
});
