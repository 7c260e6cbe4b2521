import { expect, test, vi } from "vitest";
import { resultOf, said } from "../../packages/cli/test/support.ts";
import { expectQuiet, expectRecovered, openScene } from "./support.ts";

const route = "POST /api/2.0/postgres/credentials";

/** Starts a run and comes back when its mint hangs. */
async function inMint() {
  const scene = await openScene();
  scene.double.faults.always(route, "hang");
  const child = scene.start(["run"]);
  const result = resultOf(child);
  const asked = (): boolean => scene.double.requests.some(({ path }) => route.endsWith(path));
  await vi.waitUntil(asked, { timeout: 20_000 });
  return { scene, child, result };
}

test("Ctrl-C in a hanging mint says that it waits for the answer, and twice ends it; the next run rotates", async () => {
  const { scene, child, result } = await inMint();
  const before = scene.env();
  const heard = said(child, "stopping where it is safe; once more stops at once");
  child.kill("SIGINT");
  await heard;
  child.kill("SIGINT");
  expect(await result).toMatchObject({ code: 130, signal: undefined, stdout: "" });
  expect(scene.env()).toBe(before);
  scene.double.faults.clear();
  await expectRecovered(scene);
});

test("after kill -9 in a hanging mint the lock is free, the lost credential is listed, and the next run rotates", async () => {
  const { scene, child, result } = await inMint();
  const before = scene.env();
  child.kill("SIGKILL");
  expect((await result).signal).toBe("SIGKILL");
  expect(scene.env()).toBe(before);
  expect((await scene.rotate(["status", "app"])).stdout).toMatch(/leases +rotate-\w+: unknown, expires in/);
  scene.double.faults.clear();
  await expectRecovered(scene);
});

test("four runs at the same moment mint once", async () => {
  const scene = await openScene();
  const children = [1, 2, 3, 4].map(() => scene.start(["run"]));
  for (const { stdin } of children) stdin?.end();
  const results = await Promise.all(children.map(resultOf));
  for (const result of results) await expectQuiet(scene, result); // not before: while one runs, files come and go
  expect(results.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
  expect(results.filter(({ stdout }) => stdout.startsWith("app  rotated"))).toHaveLength(1);
  expect(scene.double.mints).toHaveLength(1);
});
