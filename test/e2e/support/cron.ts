/** The plain script of today, started at fixed times, as cron does. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Application } from "./application.ts";
import type { World } from "./world.ts";

const script = join(import.meta.dirname, "..", "cron", "refresh-token.sh");
const execFileAsync = promisify(execFile);

/** Mints and rewrites `.env` once. @param ttl life of the credential in seconds */
export async function refreshToken({ directory, identity }: Application, world: World, ttl: number): Promise<void> {
  const settings = { DATABRICKS_HOST: world.databricks.url, DATABRICKS_TOKEN: identity.pat, ENDPOINT: world.endpoint };
  await execFileAsync(script, { cwd: directory, env: { ...process.env, ...settings, TTL: `${ttl}s` } });
}

export interface Cron {
  /** Resolves when the last run has ended; rejects if one could not be started. */
  readonly stop: () => Promise<void>;
}

/** Runs the script every `period` milliseconds from now on. */
export function startCron(period: number, run: () => Promise<void>): Cron {
  const runs: Promise<void>[] = [];
  const timer = setInterval(() => void runs.push(run()), period);
  async function stop(): Promise<void> {
    clearInterval(timer);
    await Promise.all(runs);
  }
  return { stop };
}
