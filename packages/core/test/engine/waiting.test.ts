import { expect, test } from "vitest";
import { createScene, failAt, failing, minute } from "./support.ts";

test("a run with time to spare waits for what an earlier one left to be done, and does it", async () => {
  const scene = createScene();
  failAt(scene, { "reload app": [failing("FAILED", { retryable: false })] });
  expect((await scene.run()).exit).toBe(4);
  expect(await scene.run({ timeout: minute })).toMatchObject({ exit: 0, db: { outcome: "rotated" } });
  expect(scene.events.filter(({ type }) => type === "retry-scheduled")).toHaveLength(1);
  expect(scene.mints()).toBe(1);
});

test("a run without it says what failed, and announces no retry that it will not make", async () => {
  const scene = createScene();
  failAt(scene, { mint: failing("UNAVAILABLE") });
  await scene.run();
  const { db } = await scene.run();
  expect(db).toMatchObject({ outcome: "failed", phases: [], lastError: { code: "ROTATE_MINT_UNAVAILABLE" } });
  expect(scene.events.filter(({ type }) => type === "retry-scheduled")).toEqual([]);
});
