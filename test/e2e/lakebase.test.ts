import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { playScenario, type Result } from "./support/scenario.ts";
import { formatFigures } from "./support/table.ts";
import { worldUnavailable } from "./support/world.ts";

/** `npm run demo` goes through thirty rotations. */
const generations = 12;

/** One run, looked at from several sides: rotations of tokens that live six seconds, or longer where the machine is slow, under a steady load. */
describe.skipIf(worldUnavailable())("an application on Lakebase that reads .env once", () => {
  let result: Result;
  beforeAll(async () => {
    const directory = await mkdtemp(join(tmpdir(), "rotate-e2e-"));
    const pace = { ttl: 6, every: 1 };
    result = await playScenario({ directory, generations, pace, queriesPerSecond: 50, patience: 170_000 });
    process.stdout.write(`\n${formatFigures(result)}\n\n`);
    await rm(directory, { recursive: true });
  });

  test("loses no query with rotate, over eleven rotations", () => {
    expect(Object.fromEntries(result.rotate.messages)).toEqual({});
    expect(result.rotate).toMatchObject({ failures: 0, refusedLogins: 0 });
    expect(result.rotate.queries).toBeGreaterThan(200);
    expect(result.rotate.generations).toBeGreaterThanOrEqual(generations);
  });

  test("loses queries with the script of today, which mints in time and tells nobody", () => {
    expect(result.cron.rotations).toBeGreaterThan(1);
    expect(result.cron.failures).toBeGreaterThan(0);
    expect([...result.cron.messages.keys()]).toContain("External authorization failed");
    expect(result.cron.generations).toBe(1);
  });

  test("every attempt went well by rotate's own account, nothing was minted needlessly, and SIGTERM ended it in order", () => {
    // SIGTERM may have met the newest half-way: what it had not begun is then put off.
    const [, ...finished] = result.attempts;
    expect(finished.filter(({ outcome }) => outcome !== "rotated")).toEqual([]);
    expect(finished.length).toBeGreaterThanOrEqual(generations - 1);
    expect(result.rotate.rotations).toBeLessThanOrEqual(result.attempts.length);
    expect(result.exitCode).toBe(0);
  });
});
