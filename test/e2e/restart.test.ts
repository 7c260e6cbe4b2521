import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { layOut, runFor, type Application } from "./support/application.ts";
import { refreshToken } from "./support/cron.ts";
import { startLoad } from "./support/load.ts";
import { startWorld, worldUnavailable, type World } from "./support/world.ts";

/** The stage that the proof stands on: what is shown with rotate means something only if this holds without it. */
describe.skipIf(worldUnavailable())("the application of the proof", () => {
  const identity = { name: "app", user: "app@example.com", pat: `dapi${"3".repeat(32)}` };
  let directory: string;
  let world: World;
  let application: Application;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "rotate-restart-"));
    world = await startWorld([identity]);
    application = await layOut(join(directory, "app"), identity, world);
  });
  afterEach(async () => {
    await application.stop();
    await world.close();
    await rm(directory, { recursive: true });
  });

  async function restartWith(ttl: number): Promise<void> {
    await refreshToken(application, world, ttl);
    await runFor(application, application.restart);
  }

  test("is restarted with new tokens under load without losing a query", async () => {
    await restartWith(60);
    const load = startLoad(application.port, 100);
    for (let round = 0; round < 3; round += 1) await restartWith(60);
    const { queries, failures } = await load.stop();
    expect(failures).toBe(0);
    expect(queries).toBeGreaterThan(50);
    expect(new Set(world.gateway.logins.map(({ generation }) => generation))).toEqual(new Set([1, 2, 3, 4]));
  });

  test("fails once its token has expired, because it reads .env at its start only", async () => {
    await restartWith(6); // the new process has to be up before
    const load = startLoad(application.port, 20);
    await refreshToken(application, world, 60);
    await vi.waitUntil(() => load.figures().failures > 0, 40_000);
    const { messages } = await load.stop();
    expect([...messages.keys()]).toEqual(["External authorization failed"]);
  });

  test("keeps the old process when the new one does not come up", async () => {
    await restartWith(60);
    const port = await application.port();
    await rm(join(application.directory, "ca.pem"));
    await expect(runFor(application, application.restart)).rejects.toThrow("the new process ended");
    expect(await application.port()).toBe(port);
  });
});
