/** A PostgreSQL that hosts share, an issuer that revokes, and the packed command line as each of the hosts. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createVaultDouble, startPostgres, type Postgres, type VaultDouble } from "@rotate/doubles";
import type { Client } from "pg";
import { onTestFinished } from "vitest";
import { resultOf, type Result } from "../../../packages/cli/test/support.ts";
import { compiled } from "../../support/compiled.ts";
import { packedCommandLine } from "../../support/packed.ts";

export const { entry } = packedCommandLine();

const token = "hvs.fleet";

/** One server of each, for all tests of a file. */
export interface Stage {
  readonly postgres: Postgres;
  readonly vault: VaultDouble;
  /** As the superuser. */
  readonly sql: Client;
  /** A fleet of a spec that nobody has used, its tables prepared unless `bare`. */
  readonly fleet: (spec: (name: string) => string, options?: { readonly bare?: boolean }) => Promise<Fleet>;
  readonly close: () => Promise<void>;
}

/** Hosts over one spec. */
export interface Fleet {
  readonly name: string;
  readonly folder: string;
  /** A connection URL of the role; default: the superuser's. */
  readonly urlOf: (role?: string) => string;
  readonly read: (file: string) => string;
  readonly write: (file: string, text: string) => void;
  /** Runs `rotate` to its end, as the host of this name. */
  readonly on: (host: string, argv: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Result>;
  /** The same, its report. */
  readonly ask: (host: string, argv: readonly string[], env?: Readonly<Record<string, string>>) => Promise<unknown>;
  /** Starts one that goes on; killed with the test. */
  readonly start: (host: string, argv: readonly string[], env?: Readonly<Record<string, string>>) => Running;
}

/** A process, and all that it has said. */
export interface Running {
  readonly child: ChildProcess;
  readonly said: () => string;
  readonly ended: Promise<Result>;
}

/** A spec over the stage's issuer. @param rotations YAML, indented by two */
export function specOf(vault: VaultDouble, rotations: string, more = ""): (name: string) => string {
  return (name) => `version: 1
name: ${name}
state: { type: postgres, url: { env: ROTATE_DB }, key: { file: rotate.key }${more} }
providers:
  db: { type: vault, address: "${vault.url}", auth: { method: token, token: { env: TOKEN } } }
rotations:
${rotations}`;
}

/** A rotation that moves, with a sink that all hosts see. @param more lines of its own, indented by four */
export function rotationOf(name: string, more = "    moves: true\n"): string {
  return `  ${name}:
    provider: db
    request: { path: database/creds/app, fields: { username: username, password: password } }
${more}    sinks: [{ type: dotenv, path: ${name}.env, values: { DB_USER: "{{ username }}", DB_PASSWORD: "{{ password }}" } }]
`;
}

/** Starts the servers. */
export async function createStage(settings: readonly string[] = []): Promise<Stage> {
  const postgres = await startPostgres({ settings });
  const sql = await postgres.connect();
  const hour = 3_600_000;
  const vault = await createVaultDouble({
    policies: { app: { "database/creds/*": ["read"], "sys/leases/revoke": ["update"] } },
    tokens: [{ id: token, ttl: 24 * 365 * hour, policies: ["app"] }],
    engines: { database: { type: "database", roles: { app: { ttl: hour, maxTtl: hour } } } },
  });
  let nth = 0;

  function urlOf(role = postgres.superuser): string {
    const password = role === postgres.superuser ? postgres.password : role;
    return `postgres://${role}:${password}@${postgres.host}:${postgres.port}/postgres`;
  }

  return {
    postgres,
    vault,
    sql,
    async fleet(spec, { bare = false } = {}) {
      const name = `fleet${nth++}`;
      const folder = mkdtempSync(join(tmpdir(), "rotate-shared-"));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
      const fleet = fleetIn({ name, folder, urlOf });
      fleet.write("rotate.yaml", spec(name));
      fleet.write("rotate.key", randomBytes(32).toString("base64"));
      if (!bare) await fleet.ask("owner", ["state", "init", "--json"]);
      return fleet;
    },
    async close() {
      await sql.end();
      await vault.close();
      await postgres.close();
    },
  };
}

function fleetIn({ name, folder, urlOf }: Pick<Fleet, "name" | "folder" | "urlOf">): Fleet {
  function start(host: string, argv: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
    const child = spawn(process.execPath, [entry, ...argv], {
      cwd: folder,
      env: {
        PATH: process.env["PATH"],
        HOME: folder,
        NODE_COMPILE_CACHE: compiled,
        TOKEN: token,
        ROTATE_DB: urlOf(),
        ROTATE_HOST: host,
        ROTATE_STATE_DIR: join(folder, `state-${host}`),
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const ended = resultOf(child);
    onTestFinished(() => void child.kill("SIGKILL"));
    return { child, ended, said: () => said };
  }

  const on: Fleet["on"] = (...how) => start(...how).ended;
  return {
    name,
    folder,
    urlOf,
    start,
    on,
    read: (file) => readFileSync(join(folder, file), "utf8"),
    write: (file, text) => writeFileSync(join(folder, file), text),
    async ask(host, argv, env) {
      const { code, stdout, stderr } = await on(host, argv, env);
      if (code !== 0) throw new Error(`rotate ${argv.join(" ")} ended with ${code}: ${stdout}${stderr}`);
      return stdout === "" ? undefined : JSON.parse(stdout);
    },
  };
}
