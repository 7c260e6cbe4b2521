import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { RotateError } from "@rotate/plugin-kit";
import { reference } from "@rotate/runtime";
import { expect, test } from "vitest";
import { createScene, failAt, failing, hour, minute } from "./support.ts";

const loggedOut = new RotateError("log in again", { code: "DENIED", retryable: false, person: true });

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

test("where a person has to log in, no run asks with what was refused: the first one asks after what it logs in with has changed", async () => {
  const scene = createScene((rotation, { directory }) => {
    const options = { password: reference({ file: join(directory, "secret") }, true) };
    return { ...rotation, provider: { ...rotation.provider, options } };
  });
  const secret = join(scene.directory, "secret");
  writeFileSync(secret, "old");
  failAt(scene, { mint: loggedOut });
  await scene.run();
  failAt(scene, {});
  await scene.clock.advance(24 * hour);
  await scene.run();
  expect(await scene.status()).toMatchObject({ state: "needs-login", reason: expect.stringContaining("log in again") });
  expect((await scene.status()).nextAt).toBeUndefined();
  writeFileSync(secret, "new");
  expect((await scene.run()).db.outcome).toBe("rotated");
});

test("what failed for another reason does not wait out its backoff either when what it logs in with has changed", async () => {
  const scene = createScene((rotation, { directory }) => {
    const part = { ...rotation.provider.part, reads: () => [{ path: join(directory, "login") }] };
    return { ...rotation, provider: { ...rotation.provider, part } };
  });
  failAt(scene, { mint: failing("DENIED", { retryable: false }) });
  for (let times = 0; times < 8; times++) {
    await scene.run();
    await scene.clock.advance(10 * minute);
  }
  await scene.run();
  failAt(scene, {});
  await scene.clock.advance(2_000);
  expect((await scene.run()).db.outcome).toBe("failed");
  writeFileSync(join(scene.directory, "login"), "new");
  expect((await scene.run()).db.outcome).toBe("rotated");
});

test("where nobody can see what it logs in with, it is tried again every quarter of an hour, and says so", async () => {
  const scene = createScene();
  failAt(scene, { mint: loggedOut });
  await scene.run();
  failAt(scene, {});
  const { nextAt } = await scene.status();
  expect(Date.parse(nextAt!) - scene.clock.now()).toBe(15 * minute);
  await scene.clock.advance(15 * minute);
  expect((await scene.run()).db.outcome).toBe("rotated");
});
