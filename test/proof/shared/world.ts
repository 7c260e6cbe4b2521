/** A fleet: a PostgreSQL that keeps what it says it keeps, a network before it, an issuer that revokes, and workers that are processes of their own. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Client } from "pg";
import {
  clockShifter,
  createVaultDouble,
  pgbouncerProgram,
  shifted,
  startLookingUp,
  startPostgres,
  type Postgres,
  type VaultDouble,
} from "@rotate/doubles";
import { packedCommandLine } from "../../support/packed.ts";
import { createWire, type Wire } from "./wire.ts";

export interface FleetOptions {
  /** Empty, and the world's own. */
  readonly folder: string;
  readonly rotations: number;
  /** Of each lease, seconds. */
  readonly life: number;
  readonly workers: readonly WorkerOptions[];
}

/** How a worker differs from the others. */
export interface WorkerOptions {
  readonly name: string;
  /** Behind PgBouncer in transaction mode, where that is installed. */
  readonly pooled?: boolean;
  /** How far its clock is off, `+10m`; where libfaketime is installed. */
  readonly clock?: string;
}

/** One `rotate watch`. */
export interface Worker {
  readonly name: string;
  readonly process: ChildProcess;
}

export interface Fleet {
  readonly postgres: Postgres;
  /** Of each worker, to the database. */
  readonly wires: ReadonlyMap<string, Wire>;
  readonly vault: VaultDouble;
  /** As the owner of all, beside the gate. */
  readonly sql: Client;
  readonly names: readonly string[];
  /** By the newest version of the spec. */
  readonly start: (name: string) => Worker;
  /** Writes another version of the spec, for workers that start from now on. */
  readonly deploy: () => void;
  /** What sinks and consumers hold: of each rotation, the users that stand in its files. */
  readonly held: () => readonly { readonly rotation: string; readonly place: string; readonly user: string }[];
  /** What its process said, as one host. */
  readonly rotate: (words: readonly string[]) => { readonly code: number | null; readonly output: string };
  readonly close: () => Promise<void>;
}

const second = 1_000;
/** Of the life: often, and with time before the end for many attempts that are cut off one after the other. */
export const refreshAt = 0.1;

function specOf({ rotations }: FleetOptions, vault: VaultDouble, version: number): string {
  const names = Array.from({ length: rotations }, (_, index) => `r${index}`);
  return `version: 1
name: fleet
state: { type: postgres, url: { env: ROTATE_DB }, key: { file: rotate.key } }
providers:
  db: { type: vault, address: "${vault.url}", auth: { method: token, token: { env: TOKEN } } }
rotations:
${names
  .map(
    (name) => `  ${name}:
    provider: db
    moves: true
    request: { path: database/creds/app, fields: { username: username, password: password } }
    refresh: { at: ${Math.round(refreshAt * 100)}%, jitter: ${10 + (version % 5)}% }
    overlap: { grace: 24s }
    verify: [{ type: exec, command: [sleep, "0.2"] }]
    sinks:
      - { type: dotenv, path: sinks/${name}.env, values: { DB_USER: "{{ username }}", DB_PASSWORD: "{{ password }}" } }
      - { type: json, path: sinks/${name}.json, values: { /user: "{{ username }}", /password: "{{ password }}" } }
    reload: [{ type: exec, command: [/bin/sh, -c, "sleep 0.2; cp sinks/${name}.env consumers/.${name}.$$ && mv consumers/.${name}.$$ consumers/${name}.env"] }]`,
  )
  .join("\n")}
`;
}

/** Starts all of it but the workers. */
export async function createFleet(options: FleetOptions): Promise<Fleet> {
  const { folder, rotations, life } = options;
  const postgres = await startPostgres({
    settings: ["fsync=on", "synchronous_commit=on", "full_page_writes=on", "max_connections=200"],
    revives: true,
  });
  const role = { ttl: life * second, maxTtl: life * second };
  const vault = await createVaultDouble({
    policies: { app: { "database/creds/*": ["read"], "sys/leases/revoke": ["update"] } },
    tokens: [{ id: "hvs.fleet", ttl: 365 * 86_400 * second, policies: ["app"] }],
    engines: { database: { type: "database", roles: { app: role } } },
  });
  const names = Array.from({ length: rotations }, (_, index) => `r${index}`);
  for (const name of ["sinks", "consumers", "logs"]) mkdirSync(join(folder, name));
  let version = 0;

  /** Each has a file of its own: who runs keeps the version that it began with. */
  function specFor(name: string): string {
    const file = `rotate-${name}.yaml`;
    writeFileSync(join(folder, file), specOf(options, vault, version));
    return file;
  }

  writeFileSync(join(folder, "rotate.key"), randomBytes(32).toString("base64"), { mode: 0o600 });
  const sql = await postgres.connect();
  await postgres.createRole("worker", { password: "worker" });
  const pooler = await poolerFor(postgres, options);
  const wires = new Map<string, Wire>();
  for (const { name, pooled } of options.workers)
    wires.set(name, await createWire(pooled && pooler ? pooler.port : postgres.port));
  const { entry } = packedCommandLine();
  const started: ChildProcess[] = [];

  function envOf(name: string, url: string): NodeJS.ProcessEnv {
    const state = join(folder, "state", name);
    return {
      PATH: process.env["PATH"],
      HOME: folder,
      TOKEN: "hvs.fleet",
      ROTATE_DB: url,
      ROTATE_HOST: name,
      ROTATE_STATE_DIR: state,
    };
  }

  const { superuser, password } = postgres;
  const owner = `postgres://${superuser}:${password}@127.0.0.1:${postgres.port}/postgres`;
  const workerUrl = (name: string): string => `postgres://worker:worker@127.0.0.1:${wires.get(name)!.port}/postgres`;

  function rotate(words: readonly string[]): { readonly code: number | null; readonly output: string } {
    const env = envOf("person", owner);
    const { status, stdout, stderr } = spawnSync(process.execPath, [entry, ...words, "-f", specFor("person")], {
      cwd: folder,
      env,
      encoding: "utf8",
    });
    return { code: status, output: `${stdout}${stderr}` };
  }

  const prepared = rotate(["state", "init", "--worker", "worker"]);
  if (prepared.code !== 0) throw new Error(prepared.output);

  return {
    postgres,
    wires,
    vault,
    sql,
    names,
    rotate,
    start(name) {
      const log = openSync(join(folder, "logs", `${name}.log`), "a");
      const argv = [entry, "watch", "--log-level", "info", "-f", specFor(name)];
      const clock = options.workers.find((one) => one.name === name)?.clock;
      const child = spawn(process.execPath, argv, {
        cwd: folder,
        env: { ...envOf(name, workerUrl(name)), ...clockOf(clock) },
        stdio: ["ignore", log, log],
      });
      started.push(child);
      return { name, process: child };
    },
    deploy: () => void (version += 1),
    held: () =>
      names.flatMap((rotation) => [
        ...userIn(folder, { rotation, place: `sinks/${rotation}.env`, form: /^DB_USER=(.*)$/m }),
        ...userIn(folder, { rotation, place: `sinks/${rotation}.json`, form: /"user": "(.*)"/ }),
        ...userIn(folder, { rotation, place: `consumers/${rotation}.env`, form: /^DB_USER=(.*)$/m }),
      ]),
    async close() {
      for (const child of started) child.kill("SIGKILL");
      await sql.end().catch(() => undefined); // a crash of the database took it along
      await Promise.all([...wires.values()].map((wire) => wire.close()));
      await pooler?.close();
      await vault.close();
      await postgres.close();
      if (process.exitCode === undefined || process.exitCode === 0) rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function poolerFor(
  { host, port, superuser, password }: Postgres,
  { workers }: FleetOptions,
): Promise<Awaited<ReturnType<typeof startLookingUp>> | undefined> {
  if (pgbouncerProgram() === undefined || !workers.some(({ pooled }) => pooled)) return undefined;
  const query = "select rolname, rolpassword from pg_authid where rolname = $1";
  return startLookingUp({ host, port, user: superuser, password, query });
}

/** Files keep their times: others look at them. */
function clockOf(clock: string | undefined): NodeJS.ProcessEnv {
  return clock === undefined || clockShifter() === undefined ? {} : { ...shifted(clock), NO_FAKE_STAT: "1" };
}

interface Place {
  readonly rotation: string;
  readonly place: string;
  readonly form: RegExp;
}

/** Nothing before the first write. */
function userIn(folder: string, { rotation, place, form }: Place): ReturnType<Fleet["held"]> {
  try {
    const user = form.exec(readFileSync(join(folder, place), "utf8"))?.[1];
    return user === undefined ? [] : [{ rotation, place, user }];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Ends a worker: at once, as a crash does, or as soon as it has finished what it has begun. */
export async function end({ process: child }: Worker, signal: "SIGKILL" | "SIGTERM"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill(signal);
  await ended;
}
