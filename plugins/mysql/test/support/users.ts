/** What rotate logs in with, on a real server, and what a test asks of it. */
import { createCuttingProxy, type CuttingProxy, type Mysql } from "@rotate/doubles";
import { createTestContext, secretRef, type TestContext } from "@rotate/testkit";
import type { Lease, Provider } from "@rotate/plugin-kit";
import { createConnection, type Connection } from "mysql2/promise";
import { mariadbUser } from "../../src/mariadb-user.ts";
import { mysqlUser } from "../../src/mysql-user.ts";
import type { Handle, Options } from "../../src/options.ts";
import { mariadbSetup, mysqlSetup } from "../../src/setup.ts";

/** Of the user that rotate logs in with. */
export const bootstrapPassword = "bootstrap-password-of-some-length";

/** What is tried on each server. */
export type Way = "mysql dynamic" | "mysql retain" | "mariadb";

/** What a test has before its first mint. */
export interface UserStage {
  readonly server: Mysql;
  readonly provider: Provider;
  readonly proxy: CuttingProxy;
  readonly number: number;
  readonly database: string;
  readonly bootstrap: string;
  /** As root. */
  readonly sql: (statement: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;
  readonly root: Connection;
  readonly options: Readonly<Record<string, unknown>>;
  readonly request: Readonly<Record<string, unknown>>;
  readonly secrets: readonly string[];
  readonly close: () => Promise<void>;
}

let made = 0;

/** Connects without TLS, as these servers have it. */
export async function connectAs(
  { host, port }: Pick<Mysql, "host" | "port">,
  { username, password }: Readonly<Record<string, string>>,
): Promise<Connection> {
  const connection = await createConnection({ host, port, user: username ?? "", password: password ?? "" });
  connection.on("error", () => undefined);
  return connection;
}

/** Lays out a database and what the setup says, and nothing else. */
export async function userStage(
  server: Mysql,
  way: Way,
  more: Partial<Record<keyof Options, unknown>> = {},
): Promise<UserStage> {
  made += 1;
  const number = made;
  const [database, bootstrap, role] = [`app${number}`, `rotate${number}`, `app${number}_rw`];
  const root = await connectAs(server, { username: server.user, password: server.password });
  const sql = async (statement: string) => {
    const [rows] = await root.query(statement);
    return Array.isArray(rows) ? (rows as Readonly<Record<string, unknown>>[]) : [];
  };
  const rights = `select, insert on ${database}.*`;
  await sql(`create database ${database}`);
  await sql(`create table ${database}.t (one int)`);
  await sql(`create user '${bootstrap}'@'%' identified by '${bootstrapPassword}'`);
  if (way === "mysql dynamic") await Promise.all([sql(`create role ${role}`), sql(`grant ${rights} to ${role}`)]);
  if (way === "mysql retain")
    await Promise.all([
      sql(`create user '${role}'@'%' identified by 'of-nobody'`),
      sql(`grant ${rights} to '${role}'@'%'`),
    ]);
  const events = way === "mysql retain" ? {} : { events: database };
  const asked = {
    "mysql dynamic": { role, ttl: 3_600_000 },
    "mysql retain": { account: role },
    mariadb: { grants: [rights], ttl: 3_600_000 },
  }[way];
  const strategy = way === "mysql retain" ? ("retain" as const) : ("dynamic" as const);
  const sessions: Options["sessions"] = more.sessions === "end" ? "end" : "wait";
  const setup = { host: server.host, port: server.port, user: bootstrap, sessions, prefix: "app", ...events };
  const { statements } =
    way === "mariadb" ? mariadbSetup(setup, [{ grants: [rights] }]) : mysqlSetup({ ...setup, strategy }, [asked]);
  for (const statement of statements) await sql(statement);
  if (way === "mysql retain") await sql(`alter user '${role}'@'%' attribute '{"rotate":{"primary":null}}'`);
  const proxy = await createCuttingProxy(server);
  return {
    server,
    provider: way === "mariadb" ? mariadbUser : mysqlUser,
    proxy,
    number,
    database,
    bootstrap,
    sql,
    root,
    options: {
      host: proxy.host,
      port: proxy.port,
      user: bootstrap,
      password: secretRef(bootstrapPassword),
      tls: "disable",
      prefix: `p${number}`,
      ...(way === "mysql retain" && { strategy: "retain" }),
      ...events,
      ...more,
    },
    request: asked,
    secrets: [bootstrapPassword],
    close: async () => void (await Promise.all([proxy.close(), root.end()])),
  };
}

/** Can this user log in, and read and write what it may? */
export async function works({ server, database }: UserStage, user: Readonly<Record<string, string>>): Promise<boolean> {
  try {
    const connection = await connectAs(server, user);
    await connection.query(`insert into ${database}.t values (1)`);
    await connection.query(`select * from ${database}.t`);
    await connection.end();
    return true;
  } catch (error) {
    const errno = error instanceof Error && "errno" in error ? error.errno : undefined;
    if ([1045, 3118, 4151].includes(Number(errno))) return false;
    throw error;
  }
}

/** A call's context. @param id the last letters of the lease's id */
export function contextOf(stage: Pick<UserStage, "options" | "number" | "provider">, id = "1"): TestContext {
  const leaseId = `rotate-${stage.number}${id.padStart(17 - String(stage.number).length, "0")}`;
  return createTestContext({ schema: stage.provider.options, options: stage.options, leaseId });
}

/** What a mint gave, in clear. */
export interface Got {
  readonly username: string;
  readonly password: string;
  readonly lease: Lease<Handle>;
}

/** Mints, and gives the lease as the journal would. */
export async function mintUser(stage: UserStage, id = "1"): Promise<Got> {
  const ctx = contextOf(stage, id);
  const minted = await stage.provider.mint(stage.request, ctx);
  const { username, password } = minted.fields as unknown as { username: string; password: { reveal: () => string } };
  const lease = { id: ctx.leaseId, issuedAt: new Date(), expiresAt: "never", handle: minted.handle as Handle } as const;
  return { username, password: password.reveal(), lease };
}

/** The part of what was minted that logs in. */
export function userOf({ username, password }: Got): Readonly<Record<string, string>> {
  return { username, password };
}

/** Drops, as another process would. */
export async function revokeUser(stage: UserStage, { lease }: Pick<Got, "lease">): Promise<void> {
  await stage.provider.revoke?.(lease, contextOf(stage, "9"));
}
