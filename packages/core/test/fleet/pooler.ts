/** PgBouncer, as teams have it before their database. */
import { spawnSync } from "node:child_process";
import { chownSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, startTethered, type Postgres } from "@rotate/doubles";
import { onTestFinished } from "vitest";

/** Why there is none here; undefined: there is one. */
export const pgbouncer =
  spawnSync("/usr/sbin/pgbouncer", ["--version"]).status === 0 ? undefined : "no pgbouncer is installed";
const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

/** A pooler before the database, by which these roles log in: each has its name for a password. Gives the URL by role; it ends with its test. */
export async function pooled(
  { host, port }: Pick<Postgres, "host" | "port">,
  mode: "session" | "transaction" | "statement",
  roles: readonly string[] = ["worker"],
): Promise<(role: string) => string> {
  const base = mkdtempSync(join(tmpdir(), "rotate-pooler-"));
  const own = await freePort();
  writeFileSync(join(base, "users"), roles.map((role) => `"${role}" "${role}"\n`).join(""));
  writeFileSync(
    join(base, "pgbouncer.ini"),
    `[databases]
postgres = host=${host} port=${port} dbname=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${own}
unix_socket_dir =
auth_type = plain
auth_file = ${join(base, "users")}
pool_mode = ${mode}
default_pool_size = 4
`,
  );
  if (nobody.uid !== undefined)
    for (const name of ["", "users", "pgbouncer.ini"]) chownSync(join(base, name), nobody.uid, nobody.gid);
  const { stop } = await startTethered({
    argv: ["/usr/sbin/pgbouncer", join(base, "pgbouncer.ini")],
    base,
    signal: "QUIT",
    env: { PATH: process.env["PATH"] },
    user: nobody,
    isReady: (line) => line.includes("process up"),
  });
  onTestFinished(stop);
  return (role) => `postgres://${role}:${role}@127.0.0.1:${own}/postgres`;
}
