/** An application with a pool behind the PostgreSQL sidecar of a real `rotate watch`, with users that rotate makes and drops on a real PostgreSQL. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { createCertificateAuthority, startPostgres, type Postgres } from "@rotate/doubles";
import { compiled } from "../../support/compiled.ts";
import { packedCommandLine } from "../../support/packed.ts";

const run = promisify(execFile);

/** How the entry stands, as `rotate status --json` tells it. */
export interface EntryStatus {
  readonly type: string;
  readonly state: string;
  readonly sessions: readonly { readonly lease: string; readonly count: number }[];
  readonly refusals: readonly { readonly reason: string; readonly count: number }[];
}

/** The stage. */
export interface SidecarStage {
  /** Where the application finds its database. */
  readonly address: { readonly host: string; readonly user: string };
  /** Where the application that asks does so, when there is one. */
  readonly asked: { readonly name: string; readonly socket: string };
  /** The server itself, and a file of the authority that its certificate leads to. */
  readonly postgres: Postgres;
  readonly ca: string;
  /** Of the watch. */
  readonly pid: number | undefined;
  /** A new credential now; resolves when it is published. Gives the reloads that were run. */
  readonly rotate: (name?: string) => Promise<number>;
  /** Users of leases that there are on the server. */
  readonly users: () => Promise<readonly string[]>;
  readonly status: () => Promise<EntryStatus>;
  /** Ends the watch as a service manager does: its exit code. */
  readonly endWatch: () => Promise<number | null>;
  readonly close: () => Promise<void>;
}

/** As the page of `postgres-user` says, for `dynamic`. */
const setup = `
  create role app nologin;
  create table visits (id int, by name default current_user); alter table visits owner to app;
  create role rotate_admin nologin createrole;
  grant app to rotate_admin with admin true, inherit false, set false;
  grant rotate_admin to rotate;
`;

const spec = (port: number): string => `version: 1
name: shop
providers:
  database: { type: postgres-user, host: localhost, port: ${port}, user: rotate, password: { file: admin }, ca: ca.pem, strategy: dynamic, setRole: rotate_admin }
rotations:
  shop-db:
    provider: database
    request: { group: app, ttl: 10m }
    overlap: { grace: 0s }
    budget: { perMinute: 1000, perHour: 10000 }
serve:
  shop-db:
    type: postgres
    rotation: shop-db
    listen: { socket: app/.s.PGSQL.5432 }
    upstream: { host: localhost, port: ${port}, ca: ca.pem }
    login: { user: "{{ username }}", password: "{{ password }}" }
    database: postgres
`;

/** A second rotation, for an application that asks by HTTP on a socket. */
const asked = `  asked-db: { type: http, rotation: [asked-db], listen: { socket: app/asked.sock } }
`;

/** Starts all of it. @param directory an empty folder */
export async function startSidecarStage(
  directory: string,
  { asks = false }: { readonly asks?: boolean } = {},
): Promise<SidecarStage> {
  const authority = createCertificateAuthority();
  const postgres = await startPostgres({
    certificate: authority.issue({ hosts: ["localhost"] }),
    settings: ["max_connections=300"],
  });
  await postgres.createRole("rotate", { password: "the login of rotate" });
  const owner = await postgres.connect();
  await owner.query(setup);
  await mkdir(join(directory, "app"));
  await writeFile(join(directory, "admin"), "the login of rotate", { mode: 0o600 });
  await writeFile(join(directory, "ca.pem"), authority.ca);
  const alone = spec(postgres.port);
  const [, one = ""] = /^rotations:\n([^]*?)^serve:\n/m.exec(alone) ?? [];
  const both = alone.replace("serve:\n", `${one.replace("shop-db", "asked-db")}serve:\n${asked}`);
  await writeFile(join(directory, "rotate.yaml"), asks ? both : alone);
  const watch = startWatch(directory);

  async function ask<T>(...argv: readonly string[]): Promise<T> {
    const { stdout } = await run(process.execPath, [packedCommandLine().entry, ...argv, "--json"], {
      cwd: directory,
      env: environment,
    });
    return JSON.parse(stdout) as T;
  }
  async function status(): Promise<EntryStatus> {
    const { serve = [] } = await ask<{ readonly serve?: readonly EntryStatus[] }>("status");
    const entry = serve.find(({ type }) => type === "postgres");
    if (entry === undefined) throw new Error(`the watch tells of no endpoint: ${watch.log()}`);
    return entry;
  }
  async function rotate(name = "shop-db"): Promise<number> {
    interface Answer {
      readonly rotations: readonly { readonly outcome: string; readonly phases: readonly Phase[] }[];
    }
    const { rotations } = await ask<Answer>("run", name, "--force");
    if (rotations[0]?.outcome !== "rotated") throw new Error(`not rotated: ${JSON.stringify(rotations)}`);
    return rotations[0].phases.filter(({ phase, result }) => phase === "reload" && result === "succeeded").length;
  }
  async function users(): Promise<readonly string[]> {
    const { rows } = await owner.query<{ rolname: string }>(
      "select rolname from pg_roles where rolname like 'app\\_%'",
    );
    return rows.map(({ rolname }) => rolname);
  }

  await until(async () => (await users()).length > 0, watch.log);
  return {
    address: { host: join(directory, "app"), user: "shop" },
    asked: { name: "asked-db", socket: join(directory, "app/asked.sock") },
    postgres,
    ca: join(directory, "ca.pem"),
    pid: watch.pid,
    rotate,
    users,
    status,
    endWatch: watch.end,
    async close() {
      await watch.end();
      await owner.end();
      await postgres.close();
    },
  };
}

interface Phase {
  readonly phase: string;
  readonly result: string;
}

const environment = { ...process.env, NODE_COMPILE_CACHE: compiled, ROTATE_STATE_DIR: "state", NO_COLOR: "1" };

function startWatch(directory: string) {
  const file = join(directory, "rotate.log");
  const log = openSync(file, "a");
  const argv = [packedCommandLine().entry, "watch"];
  const child = spawn(process.execPath, argv, { cwd: directory, env: environment, stdio: ["ignore", log, log] });
  const ended = once(child, "exit");
  async function end(): Promise<number | null> {
    child.kill("SIGTERM");
    const [code] = await ended;
    return code;
  }
  return { pid: child.pid, log: () => readFileSync(file, "utf8").slice(-2000), end };
}

/** Looks again and again. Rejects with what went before when it takes too long. */
export async function until(isSo: () => Promise<boolean>, otherwise: () => string, patience = 60_000): Promise<void> {
  const deadline = performance.now() + patience;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(otherwise());
    await sleep(50);
  }
}
