/** A real PostgreSQL for a test file: started once, in a fraction of a second, gone with the process that started it. */
import { readFileSync } from "node:fs";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client, ClientConfig } from "pg";
import { shifted } from "../servers/clock.ts";
import type { IssuedCertificate } from "../tls/index.ts";
import { copyBinaries, findBinaries, type Binaries } from "./binaries.ts";
import { copyData, createCluster, giveToServer, writeForServer } from "./cluster.ts";
import { startServer, type RunningOptions } from "./process.ts";

/** Which PostgreSQL is started, and with what settings. */
export interface PostgresOptions {
  /** `name=value` as in postgresql.conf, for example `max_connections=10`. */
  readonly settings?: readonly string[];
  /** The folder of the programs; default: the npm package's, else Debian's. */
  readonly bin?: string;
  /** Given one, it speaks TLS to who asks for it. */
  readonly certificate?: IssuedCertificate;
  /** How far its clock is off ours, `+10m` or `-10m`. Needs `clockShifter()`. */
  readonly clock?: string;
  /** Started again when it ends, so that it can be restarted. */
  readonly revives?: boolean;
}

/** A role to be made. */
export interface RoleOptions {
  /** Without one the role cannot log in over TCP. */
  readonly password?: string;
  readonly superuser?: boolean;
}

/** A running server. Passwords are SCRAM-SHA-256 over TCP; the socket in `socketDirectory`, which only the server's user and root can enter, asks for none. */
export interface Postgres {
  readonly host: string;
  readonly port: number;
  readonly superuser: string;
  readonly password: string;
  /** Holds `.s.PGSQL.<port>`. */
  readonly socketDirectory: string;
  /** Every line of the server's log so far. */
  readonly log: readonly string[];
  /** A connected client, as the superuser unless `config` says otherwise. Whoever asks for one ends it. */
  readonly connect: (config?: ClientConfig) => Promise<Client>;
  /** Makes a role that may log in. */
  readonly createRole: (name: string, options?: RoleOptions) => Promise<void>;
  /** Of one that revives: ends it and its sessions in order (fast) or as a crash does (immediate). It comes back by itself. */
  readonly restart: (how: "fast" | "immediate") => void;
  /** Ends the server, and the sessions with it. */
  readonly close: () => Promise<void>;
}

/** Why no PostgreSQL can be started here, for `describe.skipIf` and its like; undefined when one can. */
export function postgresUnavailable(): string | undefined {
  const found = findBinaries();
  return typeof found === "string" ? found : undefined;
}

/** Starts a PostgreSQL on a free port of 127.0.0.1. Throws with the server's own words when it does not come up. */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const found = options.bin === undefined ? findBinaries() : { bin: options.bin };
  if (typeof found === "string") throw new Error(found);
  const base = await privateFolder();
  try {
    const tls = options.certificate === undefined ? [] : await tlsSettings(base, options.certificate);
    const settings = [...tls, ...(options.settings ?? [])];
    const run = { env: shifted(options.clock), revives: options.revives ?? false };
    return handle({ base, ...(await boot(found, { base, settings, run })) });
  } catch (error) {
    await rm(base, { recursive: true, force: true });
    throw error;
  }
}

/**
 * A PostgreSQL and a standby of it that is so far behind. Throws as `startPostgres` does.
 * @param delay as `recovery_min_apply_delay` takes it: `2s`
 */
export async function startPostgresPair(
  delay: string,
): Promise<{ readonly primary: Postgres; readonly standby: Postgres }> {
  const found = findBinaries();
  if (typeof found === "string") throw new Error(found);
  const [first, second] = [await privateFolder(), await privateFolder()];
  const files = { base: first, bin: found.copyFrom === undefined ? found.bin : copyBinaries(found.copyFrom, first) };
  const password = await createCluster(files);
  await copyData(first, second);
  await writeForServer(join(second, "data", "standby.signal"), "");
  const primary = handle({ base: first, password, ...(await startServer(files, ["wal_keep_size=64MB"])) });
  try {
    const source = `host=127.0.0.1 port=${primary.port} user=postgres password=${password}`;
    const settings = [`primary_conninfo=${source}`, `recovery_min_apply_delay=${delay}`];
    const running = await startServer({ ...files, base: second }, settings);
    return { primary, standby: handle({ base: second, password, ...running }) };
  } catch (error) {
    await primary.close();
    await rm(second, { recursive: true, force: true });
    throw error;
  }
}

interface Boot {
  readonly base: string;
  readonly settings: readonly string[];
  readonly run: RunningOptions;
}

async function boot({ bin, copyFrom }: Binaries, { base, settings, run }: Boot) {
  const files = { base, bin: copyFrom === undefined ? bin : copyBinaries(copyFrom, base) };
  const password = await createCluster(files);
  return { password, ...(await startServer(files, settings, run)) };
}

async function tlsSettings(base: string, { cert, key }: IssuedCertificate): Promise<readonly string[]> {
  const paths = { cert: join(base, "server.crt"), key: join(base, "server.key") };
  await writeForServer(paths.cert, cert);
  await writeForServer(paths.key, key);
  return ["ssl=on", `ssl_cert_file=${paths.cert}`, `ssl_key_file=${paths.key}`];
}

async function privateFolder(): Promise<string> {
  const base = await mkdtemp(join(await realpath(tmpdir()), "rotate-pg-"));
  await giveToServer(base);
  return base;
}

interface Parts {
  readonly base: string;
  readonly password: string;
  readonly port: number;
  readonly log: readonly string[];
  readonly stop: () => Promise<void>;
}

function handle({ base, password, port, log, stop }: Parts): Postgres {
  const address = { host: "127.0.0.1", port };
  const superuser = "postgres";
  async function connect(config: ClientConfig = {}): Promise<Client> {
    const { default: pg } = await import("pg");
    const client = new pg.Client({ ...address, user: superuser, password, database: "postgres", ...config });
    await client.connect();
    return client;
  }
  async function createRole(name: string, options: RoleOptions = {}): Promise<void> {
    const client = await connect();
    try {
      await client.query(createRoleStatement(client, name, options));
    } finally {
      await client.end();
    }
  }
  function restart(how: "fast" | "immediate"): void {
    const [pid] = readFileSync(join(base, "data", "postmaster.pid"), "utf8").split("\n");
    process.kill(Number(pid), how === "fast" ? "SIGINT" : "SIGQUIT");
  }
  return { ...address, superuser, password, socketDirectory: base, log, connect, createRole, restart, close: stop };
}

function createRoleStatement(client: Client, name: string, { password, superuser }: RoleOptions): string {
  const rights = superuser === true ? " superuser" : "";
  const secret = password === undefined ? "" : ` password ${client.escapeLiteral(password)}`;
  return `create role ${client.escapeIdentifier(name)} login${rights}${secret}`;
}
