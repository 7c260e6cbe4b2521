import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { expectRecovered, expectRefused, noNobody, openScene, type Scene } from "./support.ts";

const unusable = { exit: 6, see: "rotate_state_unusable" } as const;

/** The folder that rotate made in the state directory. */
function own({ path }: Scene): string {
  return join(path("state"), readdirSync(path("state"))[0] ?? "");
}

test("a state that others may read is refused, and good again once it is closed", async () => {
  const scene = await openScene();
  await expectRecovered(scene);
  chmodSync(own(scene), 0o755);
  await expectRefused(scene, ["run"], { ...unusable, what: /is open to others \(mode 0755\)/, todo: /chmod 0700/ });
  chmodSync(own(scene), 0o700);
  expect((await scene.rotate(["run"])).stdout).toMatch(/^app is fresh/);
});

test("a state that is no database is refused with the way out, and nothing is minted", async () => {
  const scene = await openScene();
  await expectRecovered(scene);
  const database = join(own(scene), "state.db");
  writeFileSync(database, "not a database ".repeat(500));
  await expectRefused(scene, ["run"], { ...unusable, what: /cannot use the state/, todo: /move it away/ });
  expect(scene.double.mints).toHaveLength(1);
  for (const name of readdirSync(own(scene))) if (name.startsWith("state.db")) rmSync(join(own(scene), name));
  await expectRecovered(scene);
});

test("a file in place of the state directory is refused", async () => {
  const scene = await openScene();
  scene.write("state", "");
  await expectRefused(scene, ["run"], { ...unusable, what: /cannot make the state directory/, todo: /--state-dir/ });
  expect(scene.double.requests).toEqual([]);
  rmSync(scene.path("state"));
  await expectRecovered(scene);
});

test.skipIf(noNobody)(
  `a state directory that may not be written is refused${noNobody ? ` (${noNobody})` : ""}`,
  async () => {
    const scene = await openScene();
    for (const name of [".", "rotate.yaml", ".env"]) chownSync(scene.path(name), 65_534, 65_534);
    mkdirSync(scene.path("state"));
    const refusal = { ...unusable, what: /cannot make the state directory \S+ \(EACCES\)/, todo: /may write to/ };
    await expectRefused(scene, ["run"], { ...refusal, asNobody: true });
    await expectRefused(scene, ["status"], { ...refusal, asNobody: true });
    expect(scene.double.requests).toEqual([]);
    chownSync(scene.path("state"), 65_534, 65_534);
    expect((await scene.rotate(["run"], { asNobody: true })).code).toBe(0);
  },
);

const noMounts = process.getuid?.() === 0 ? undefined : "needs root to mount";

test.skipIf(noMounts)(
  `on a full disk nothing is rotated, and status and history can still be read${noMounts ? ` (${noMounts})` : ""}`,
  async () => {
    const scene = await openScene();
    mkdirSync(scene.path("state"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs", scene.path("state")]);
    onTestFinished(() => void execFileSync("umount", ["-l", scene.path("state")]));
    await expectRecovered(scene);
    expect(() => writeFileSync(scene.path("state", "filler"), Buffer.alloc(2 ** 21))).toThrow(/ENOSPC/);
    await expectRefused(scene, ["run"], { ...unusable, what: /state\.db: the disk is full/, todo: /make room/ });
    for (const command of ["status", "history"]) {
      const { code, stdout, stderr } = await scene.rotate([command]);
      expect([code, stdout]).toEqual([0, expect.stringContaining("app")]);
      expect(stderr).toMatch(/only looking: .*the disk is full/);
    }
    expect(scene.double.mints).toHaveLength(1);
  },
);

test.skipIf(process.platform !== "linux")("a place where no directory can be is refused, and at once", async () => {
  const scene = await openScene();
  const refusal = { ...unusable, what: /cannot make the state directory \/proc\/x/, todo: /--state-dir/ };
  await expectRefused(scene, ["run", "--state-dir", "/proc/x"], refusal);
  expect(scene.double.requests).toEqual([]);
});
