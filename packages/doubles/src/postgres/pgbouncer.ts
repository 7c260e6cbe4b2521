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
export async function startPgbouncer({
  host,
  port: serverPort,
  user,
  password,
  ca,
}: PgbouncerOptions): Promise<Pgbouncer> {
  const program = pgbouncerProgram();
  if (program === undefined) throw new Error("pgbouncer is not installed");
  const base = await mkdtemp(join(await realpath(tmpdir()), "rotate-pgbouncer-"));
  const port = await freePort();
  const files = { ini: join(base, "pgbouncer.ini"), ca: join(base, "ca.pem") };
  await writeFile(files.ca, ca);
  const quoted = password.replaceAll("'", "''");
  await writeFile(
    files.ini,
    `[databases]
* = host=${host} port=${serverPort} user=${user} password='${quoted}'
[pgbouncer]
unix_socket_dir = ${base}
listen_port = ${port}
auth_type = any
pool_mode = session
default_pool_size = 100
max_client_conn = 300
server_tls_sslmode = verify-full
server_tls_ca_file = ${files.ca}
ignore_startup_parameters = extra_float_digits,options
`,
    { mode: 0o600 },
  );
  const { uid, gid } = serverUser();
  if (uid !== undefined && gid !== undefined)
    for (const path of [base, files.ini, files.ca]) await chown(path, uid, gid);
  const { stop } = await startTethered({
    argv: [program, files.ini],
    base,
    signal: "QUIT",
    env: { PATH: process.env["PATH"], HOME: base },
    user: serverUser(),
    isReady: (line) => /process up/i.test(line),
  });
  return { socketDirectory: base, port, close: stop };
}
