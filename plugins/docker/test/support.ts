import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ReloadEvent } from "@rotate/plugin-kit";
import { type DockerDoubleOptions, startDockerDouble } from "@rotate/doubles";
import { createFakeClock, createTestContext } from "@rotate/testkit";
import { onTestFinished } from "vitest";
import { docker } from "../src/docker.ts";

export const event: ReloadEvent = {
  rotation: "backstage-db",
  reason: "rotated",
  fingerprint: "fp-1234",
  expiresAt: "never",
  written: [{ type: "dotenv", target: "/srv/app/.env", keys: ["DB_PASSWORD"] }],
};

/** An engine on a socket in a directory of its own. */
export async function startEngine(options: Partial<DockerDoubleOptions> = {}) {
  const directory = await mkdtemp(join(tmpdir(), "rotate-docker-"));
  const engine = await startDockerDouble({ socketPath: join(directory, "docker.sock"), ...options });
  onTestFinished(async () => {
    await engine.close();
    await rm(directory, { recursive: true, force: true });
  });
  return { engine, directory };
}

/** The reload against an engine with one container `app`; time passes only when the reload sleeps. */
export async function start(options: Partial<DockerDoubleOptions> = {}) {
  const { engine, directory } = await startEngine(options);
  const envFile = join(directory, ".env");
  await writeFile(envFile, "DB_PASSWORD=new-s3cret\nPORT=8080\n");
  function context(given: object, more: object = {}) {
    const clock = createFakeClock({ autoAdvance: true });
    const all = { container: "app", socketPath: engine.socketPath, ...given };
    return createTestContext({ clock, ...more, options: all, schema: docker.options });
  }
  return {
    engine,
    directory,
    envFile,
    run: (given: object = {}, told: ReloadEvent = event) => docker.run(told, context(given)),
    check: async (given: object = {}, planned: ReloadEvent["written"] = []) => {
      const ctx = context(given);
      await docker.check?.(ctx, planned);
      return ctx.logs;
    },
  };
}
