/** pgbouncer in session mode: what a sidecar for PostgreSQL is measured against. https://www.pgbouncer.org/config.html */
import { chown, mkdtemp, realpath, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, startTethered } from "../servers/tethered.ts";
import { findProgram } from "../servers/tools.ts";
import { serverUser } from "./binaries.ts";

/** Where its sessions go. */
export interface PgbouncerOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** PEM of the authority that the server's certificate leads to. */
  readonly ca: string;
}

/** A pooler that takes whoever reaches its socket. */
export interface Pgbouncer {
  /** Holds `.s.PGSQL.<port>`. */
  readonly socketDirectory: string;
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** The program; undefined when it is nowhere on this machine. */
export function pgbouncerProgram(): string | undefined {
  return findProgram("pgbouncer") ?? ["/usr/sbin/pgbouncer"].find(existsSync);
}

/** Starts one with verified TLS to the server, none to its clients. Throws with its own words when it does not come up. */
export function startPgbouncer({ host, port: serverPort, user, password, ca }: PgbouncerOptions): Promise<Pgbouncer> {
  const quoted = password.replaceAll("'", "''");
  return start({ "ca.pem": ca }, (base) => [
    "[databases]",
    `* = host=${host} port=${serverPort} user=${user} password='${quoted}'`,
    "[pgbouncer]",
    "auth_type = any",
    "pool_mode = session",
    "default_pool_size = 100",
    "max_client_conn = 300",
    "server_tls_sslmode = verify-full",
    `server_tls_ca_file = ${base}/ca.pem`,
    "ignore_startup_parameters = extra_float_digits,options",
  ]);
}

/** Where a pooler asks whom to let in. */
export interface LookingUpOptions {
  readonly host: string;
  readonly port: number;
  /** Who asks. */
  readonly user: string;
  readonly password: string;
  /** With `$1` for the name. */
  readonly query: string;
}

/** Starts one on 127.0.0.1 too, in transaction mode, that lets in whom the server's own verifiers let in. */
export function startLookingUp({ host, port, user, password, query }: LookingUpOptions): Promise<Pgbouncer> {
  return start({ "users.txt": `"${user}" "${password}"\n` }, (base) => [
    "[databases]",
    `* = host=${host} port=${port} auth_user=${user}`,
    "[pgbouncer]",
    "listen_addr = 127.0.0.1",
    "auth_type = scram-sha-256",
    `auth_file = ${base}/users.txt`,
    `auth_query = ${query}`,
    "pool_mode = transaction",
    "server_login_retry = 1",
  ]);
}

async function start(
  files: Readonly<Record<string, string>>,
  lines: (base: string) => readonly string[],
): Promise<Pgbouncer> {
  const program = pgbouncerProgram();
  if (program === undefined) throw new Error("pgbouncer is not installed");
  const base = await mkdtemp(join(await realpath(tmpdir()), "rotate-pgbouncer-"));
  const port = await freePort();
  const place = [`unix_socket_dir = ${base}`, `listen_port = ${port}`];
  const all = { ...files, "pgbouncer.ini": [...lines(base), ...place, ""].join("\n") };
  const { uid, gid } = serverUser();
  if (uid !== undefined && gid !== undefined) await chown(base, uid, gid);
  for (const [name, text] of Object.entries(all)) {
    await writeFile(join(base, name), text, { mode: 0o600 });
    if (uid !== undefined && gid !== undefined) await chown(join(base, name), uid, gid);
  }
  const { stop } = await startTethered({
    argv: [program, join(base, "pgbouncer.ini")],
    base,
    signal: "QUIT",
    env: { PATH: process.env["PATH"], HOME: base },
    user: serverUser(),
    isReady: (line) => /process up/i.test(line),
  });
  return { socketDirectory: base, port, close: stop };
}
