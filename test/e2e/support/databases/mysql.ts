import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { startMysql, type Mysql, type TlsTrials } from "@rotate/doubles";
import { createConnection, createPool, type ResultSetHeader, type RowDataPacket } from "mysql2/promise";
import { own, type Database } from "./database.ts";

/** What is made on which server. */
export type MysqlWay = "retain" | "dynamic" | "mariadb";

const logs = [
  "event-scheduler=on",
  "general-log=1",
  "general-log-file=general.log",
  "slow-query-log=1",
  "slow-query-log-file=slow.log",
  "long-query-time=0",
  "log-bin=binlog",
  "server-id=1",
];

/** What its administrator has made before. */
const before: Readonly<Record<MysqlWay, readonly string[]>> = {
  dynamic: ["create role app_rw", "grant select, insert on app.* to app_rw"],
  retain: [
    "create user 'app'@'%' identified by 'of-nobody' attribute '{\"rotate\":{\"primary\":null}}'",
    "grant select, insert on app.* to 'app'@'%'",
  ],
  mariadb: [],
};
const requests: Readonly<Record<MysqlWay, Readonly<Record<string, unknown>>>> = {
  dynamic: { role: "app_rw", ttl: "10m" },
  retain: { account: "app" },
  mariadb: { grants: ["select, insert on app.*"], ttl: "10m" },
};
const counts: Readonly<Record<MysqlWay, string>> = {
  dynamic: String.raw`select count(*) as n from mysql.user where user like 'app\_%' and user <> 'app_rw'`,
  retain: `select (coalesce(attribute->>'$.rotate.primary', 'null') <> 'null') + (coalesce(attribute->>'$.rotate.secondary', 'null') <> 'null') as n
    from information_schema.user_attributes where user = 'app'`,
  mariadb: String.raw`select count(*) as n from mysql.user where user like 'app\_%'`,
};

/** MySQL or MariaDB with a database `app`, and what it logs told in full. */
export async function mysql(way: MysqlWay, { certificate }: TlsTrials): Promise<Database> {
  const flavour = way === "mariadb" ? "mariadb" : "mysql";
  const server = await startMysql({ flavour, certificate, settings: logs });
  const { host, port, user, password } = server;
  const admin = await createConnection({ host, port, user, password });
  for (const statement of [
    "create database app",
    "create table app.visits (id int)",
    `create user '${own.username}'@'%' identified by '${own.password}'`,
    ...before[way],
  ])
    await admin.query(statement);
  return {
    host,
    port,
    provider: () => ({
      type: way === "mariadb" ? "mariadb-user" : "mysql-user",
      ...(way === "retain" ? { strategy: "retain" } : { events: "app" }),
    }),
    request: requests[way],
    run: async (statement) => void (await admin.query(statement)),
    async pool(login, ca) {
      const ssl = { ca, rejectUnauthorized: true, verifyIdentity: true };
      const address = { host: "localhost", port, database: "app", ssl };
      const pool = createPool({ ...address, user: login.username, password: login.password, connectionLimit: 4 });
      return {
        async ask() {
          await pool.query<ResultSetHeader>("insert into visits values (1)");
          const [rows] = await pool.query<RowDataPacket[]>("select user() as name");
          return `${String(rows[0]?.["name"])} ${login.password.slice(0, 6)}`;
        },
        end: () => pool.end(),
      };
    },
    async leases() {
      const [rows] = await admin.query<RowDataPacket[]>(counts[way]);
      return Number(rows[0]?.["n"]);
    },
    written: () => writtenBy(server),
    async close() {
      await admin.end();
      await server.close();
    },
  };
}

/** The statements that the administrator's own test set-up sent in clear are not rotate's. */
async function writtenBy({ directory }: Pick<Mysql, "directory">): Promise<string> {
  const names = (await readdir(directory)).filter((name) => /\.log$|^binlog\.\d+$/.test(name));
  return (await Promise.all(names.map((name) => readFile(join(directory, name), "latin1")))).join("\n");
}
