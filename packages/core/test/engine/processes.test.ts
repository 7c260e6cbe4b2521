import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { runDriver, twoSinks } from "./drive.ts";
import type { Scene } from "./support.ts";

/** Until another process has come to where it pauses. */
async function paused({ directory }: Scene): Promise<void> {
  while (!existsSync(join(directory, "waiting"))) await setTimeout(5);
}

function letGo({ directory }: Scene): void {
  writeFileSync(join(directory, "go"), "");
}

test("two processes at the same moment mint once: the second waits and finds nothing to do", async () => {
  const scene = twoSinks();
  const first = runDriver(scene, "pause mint");
  await paused(scene);
  const second = runDriver(scene);
  letGo(scene);
  expect((await first).report?.outcome).toBe("rotated");
  expect((await second).report?.outcome).toBe("fresh");
  expect(scene.mints()).toBe(1);
});

test("a process that may not wait says locked, exit 5", async () => {
  const scene = twoSinks();
  await scene.run();
  writeFileSync(join(scene.directory, "force"), "");
  const first = runDriver(scene, "pause mint");
  await paused(scene);
  writeFileSync(join(scene.directory, "impatient"), "");
  expect(await runDriver(scene)).toMatchObject({ code: 5, report: { outcome: "locked" } });
  letGo(scene);
  expect((await first).code).toBe(0);
  expect(scene.mints()).toBe(2);
});

test("status tells that another process is rotating", async () => {
  const scene = twoSinks();
  const first = runDriver(scene, "pause mint");
  await paused(scene);
  expect(await scene.status()).toMatchObject({ state: "never", rotating: { phase: "intent", tries: 1 } });
  letGo(scene);
  await first;
});

test("a process that was killed leaves no lock behind", async () => {
  const scene = twoSinks();
  expect((await runDriver(scene, "mint")).signal).toBe("SIGKILL");
  expect((await scene.run()).db.outcome).toBe("rotated");
});
