/** rotate itself: the real command in a real process, with a spec as a user would write it. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { compiled } from "../../support/compiled.ts";
import { packedCommandLine } from "../../support/packed.ts";
import type { Application } from "./application.ts";
import type { World } from "./world.ts";

const execFileAsync = promisify(execFile);
const cli = packedCommandLine().entry;

/** How fast credentials live. */
export interface Pace {
  /** Life of a credential, seconds. */
  readonly ttl: number;
  /** How long after a mint the next is due, seconds. */
  readonly every: number;
}

/** One attempt, as `rotate history --json` tells it. */
export interface Attempt {
  readonly outcome: string;
}

export interface Daemon {
  /** Throws with the end of its log when it has ended by itself. */
  readonly assertRunning: () => void;
  /** Ends it as a service manager does, and resolves with its exit code. */
  readonly stop: () => Promise<number | null>;
}

/** Starts `rotate watch` for an application. */
export async function startRotate(application: Application, world: World, pace: Pace): Promise<Daemon> {
  const { directory, identity } = application;
  await writeFile(join(directory, "rotate.yaml"), spec(application, world, pace));
  const log = openSync(join(directory, "rotate.log"), "a");
  const child = spawn(process.execPath, [cli, "watch", "--state-dir", "state"], {
    cwd: directory,
    env: {
      ...process.env,
      NODE_COMPILE_CACHE: compiled,
      DATABRICKS_HOST: world.databricks.url,
      DATABRICKS_TOKEN: identity.pat,
    },
    stdio: ["ignore", log, log],
  });
  application.own(child);
  const ended = once(child, "exit");
  return {
    assertRunning() {
      if (child.exitCode !== null)
        throw new Error(`rotate ended: ${readFileSync(join(directory, "rotate.log"), "utf8")}`);
    },
    async stop() {
      child.kill("SIGTERM");
      const [code] = await ended;
      return code;
    },
  };
}

/** What rotate remembers of an application's rotation, newest first. */
export async function history({ directory }: Application): Promise<readonly Attempt[]> {
  const argv = [cli, "history", "app-db", "--json", "--limit", "1000", "--state-dir", "state"];
  const { stdout } = await execFileAsync(process.execPath, argv, { cwd: directory });
  const { attempts }: { readonly attempts: readonly Attempt[] } = JSON.parse(stdout);
  return attempts;
}

function spec(application: Application, { gateway, endpoint }: World, { ttl, every }: Pace): string {
  const { identity, restart, health } = application;
  return `version: 1
name: ${identity.name}
providers:
  lakebase:
    type: databricks-postgres
    host: { env: DATABRICKS_HOST }
    auth: { method: pat, token: { env: DATABRICKS_TOKEN } }
rotations:
  app-db:
    provider: lakebase
    request: { endpoint: ${endpoint}, ttl: ${ttl}s }
    refresh: { every: ${every}s, jitter: 0% }
    budget: { perMinute: 1000, perHour: 10000 }
    retry: { initial: 100ms, max: 1s }
    verify:
      - type: postgres
        host: ${gateway.host}
        port: ${gateway.port}
        user: ${identity.user}
        password: "{{ token }}"
        ca: ca.pem
    sinks:
      - { type: dotenv, path: .env, values: { PGPASSWORD: "{{ token }}" } }
    reload:
      - { type: exec, command: ${JSON.stringify(restart)}, cwd: . }
    health:
      - { type: exec, command: ${JSON.stringify(health)}, cwd: . }
`;
}
