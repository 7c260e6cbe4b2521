import { startPostgres, type TlsTrials } from "@rotate/doubles";
import { Pool as PostgresPool } from "pg";
import { own, type Database } from "./database.ts";

/** PostgreSQL with a group `app`, and what it logs told in full. */
export async function postgres(strategy: "ring" | "dynamic", { certificate }: TlsTrials): Promise<Database> {
  const settings = ["log_statement=all", "shared_preload_libraries=pg_stat_statements"];
  const server = await startPostgres({ certificate, settings });
  await server.createRole(own.username, { password: own.password });
  const admin = await server.connect();
  await admin.query(
    `create extension pg_stat_statements; create role app nologin;
     create table visits (id int, by name default session_user); alter table visits owner to app`,
  );
  const leases = {
    ring: "select count(*)::int as count from rotate_app.members() where lease is not null",
    dynamic: String.raw`select count(*)::int as count from pg_roles where rolname like 'app\_%'`,
  }[strategy];
  return {
    host: server.host,
    port: server.port,
    provider: () => ({ type: "postgres-user", strategy, ...(strategy === "dynamic" && { setRole: "rotate_admin" }) }),
    request: { group: "app", ttl: "10m" },
    run: async (statement) => void (await admin.query(statement)),
    async pool({ username, password }, ca) {
      const address = { host: "localhost", port: server.port, database: "postgres" };
      const pool = new PostgresPool({ ...address, user: username, password, max: 4, maxUses: 20, ssl: { ca } });
      pool.on("error", () => undefined);
      return {
        async ask() {
          const { rows } = await pool.query<{ by: string }>("insert into visits (id) values (1) returning by");
          return rows[0]?.by ?? "";
        },
        end: () => pool.end(),
      };
    },
    leases: async () => (await admin.query<{ count: number }>(leases)).rows[0]?.count ?? 0,
    async written() {
      const { rows } = await admin.query("select query from pg_stat_statements");
      return `${server.log.join("\n")}\n${JSON.stringify(rows)}`;
    },
    async close() {
      await admin.end();
      await server.close();
    },
  };
}
