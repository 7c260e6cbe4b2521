/** A machine that is set back to an earlier state remembers leases that were revoked since: they are looked at before they are believed. */
import { cpSync } from "node:fs";
import { join } from "node:path";
import { templateOption } from "@rotate/runtime";
import { expect, test } from "vitest";
import { probeEntry } from "./spec.ts";
import { createScene, failAt, failing, minute, type EditRotation, type Scene } from "./support.ts";
import { revokedIn } from "./world.ts";

/** `verify` logs in with the token. */
const withVerify: EditRotation = (rotation, world) => {
  const template = { source: "{{ token }}", fields: ["token"], render: () => "" };
  const probe = { ...probeEntry(world, "verify"), options: { password: templateOption(template) } };
  return { ...rotation, verify: [probe] };
};

/** The issuer tells whether a lease lives. */
const withLookUp: EditRotation = (rotation, world) => {
  const part = {
    ...rotation.provider.part,
    async lives({ handle }: { readonly handle: unknown }) {
      await world.hook("lives");
      const { value } = handle as { readonly value: string };
      return !revokedIn(world.directory).includes(value.split("-s")[0]!);
    },
  };
  return { ...rotation, provider: { ...rotation.provider, part } };
};

/** One rotation, then a snapshot of state and sink; its lease is revoked in what comes after; then the snapshot is booted. */
async function setBack(edit: EditRotation): Promise<Scene> {
  const scene = createScene(edit);
  const { directory } = scene;
  await scene.run();
  cpSync(join(directory, "state"), join(directory, "snapshot"), { recursive: true });
  const before = scene.read("a");
  await scene.clock.advance(minute);
  await scene.run({ force: true });
  await scene.clock.advance(6 * minute);
  await scene.run();
  expect(scene.revoked()).toEqual(["value-1"]);
  cpSync(join(directory, "snapshot"), join(directory, "state"), { recursive: true });
  scene.write("a", before);
  scene.steps.length = 0;
  return scene;
}

async function boot(scene: Scene): Promise<void> {
  await scene.clock.advance(minute);
  scene.machine = { ...scene.machine, bootId: "boot-2" };
}

/** The machine is stopped as it is, and goes on where it was. */
const waysBack: readonly (readonly [string, (scene: Scene) => unknown])[] = [
  ["booted from its disk", boot],
  ["resumed from its memory", (scene) => scene.clock.jumpWall(minute)],
];

test.each(waysBack)(
  "a lease revoked since the snapshot is found dead by `verify`, and replaced: %s",
  async (_, back) => {
    const scene = await setBack(withVerify);
    await back(scene);
    failAt(scene, { verify: [failing("DENIED")] });
    expect(await scene.status()).toMatchObject({ state: "due", code: "unproved" });
    const { db, exit } = await scene.run();
    expect({ exit, outcome: db.outcome, reason: db.reason }).toEqual({
      exit: 0,
      outcome: "rotated",
      reason: "the credential is gone",
    });
    expect(db.warnings?.join()).toContain("is dead");
    expect(scene.held()).toBe("value-3");
    // The issuer did not say so: it is revoked as any other.
    await scene.clock.advance(6 * minute);
    await scene.run();
    expect(scene.revoked()).toEqual(["value-1", "value-1"]);
  },
);

test.each(waysBack)("and by the issuer, where it can be asked: %s", async (_, back) => {
  const scene = await setBack(withLookUp);
  await back(scene);
  expect((await scene.run()).db).toMatchObject({ outcome: "rotated", reason: "the credential is gone" });
  expect(scene.steps[0]).toBe("read a");
  expect(scene.steps).toContain("lives");
});

test.each<[string, EditRotation, step: string]>([
  ["verify", withVerify, "verify"],
  ["the issuer", withLookUp, "lives"],
])("a lease that lives stays in use after a reboot, and %s is asked once", async (_who, edit, step) => {
  const scene = createScene(edit);
  await scene.run();
  scene.steps.length = 0;
  await boot(scene);
  expect((await scene.run()).db.outcome).toBe("fresh");
  expect((await scene.run()).db.outcome).toBe("fresh");
  expect((await scene.status()).state).toBe("fresh");
  expect(scene.steps.filter((each) => each === step)).toEqual([step]);
  expect(scene.mints()).toBe(1);
});

test("while nobody answers it stays in use, is not called fresh, and is asked again a minute later", async () => {
  const scene = createScene(withVerify);
  await scene.run();
  await boot(scene);
  failAt(scene, { verify: failing("UNAVAILABLE") });
  const { db } = await scene.run();
  expect(db.outcome).toBe("fresh");
  expect(db.warnings?.join()).toContain("could not be asked");
  scene.steps.length = 0;
  await scene.run();
  expect(scene.steps).not.toContain("verify");
  expect(await scene.status()).toMatchObject({ code: "unproved", check: 0 });
  await scene.clock.advance(2 * minute);
  failAt(scene, {});
  await scene.run();
  expect(scene.steps).toContain("verify");
  expect((await scene.status()).state).toBe("fresh");
  expect(scene.mints()).toBe(1);
});

test("where nothing can tell, a reboot alone is no reason to mint", async () => {
  const scene = createScene();
  await scene.run();
  await boot(scene);
  expect((await scene.run()).db.outcome).toBe("fresh");
  expect((await scene.status()).state).toBe("fresh");
  expect(scene.mints()).toBe(1);
});
