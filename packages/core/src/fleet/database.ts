/** The team's PostgreSQL: connections that log in anew with what the reference says now, transactions that nobody can be kept waiting by, errors with a remedy. */
import type { Secret } from "@rotate/plugin-kit";
import type { Pool, PoolClient, PoolConfig } from "pg";
import { databaseError, noTransactions } from "./database-error.ts";

/** A row as the database gives it. */
export type Row = Readonly<Record<string, unknown>>;

/** Statements, within a transaction or each by itself. */
export interface Sql {
  readonly query: (text: string, values?: readonly unknown[]) => Promise<readonly Row[]>;
  /** The same as pg-boss calls it. */
  readonly executeSql: (text: string, values?: readonly unknown[]) => Promise<{ rows: Row[] }>;
}

/** Connections to one database. Every error is an EngineError `ROTATE_STATE_*`, or what `work` threw. */
export interface Database extends Sql {
  /** For people: host and database, never a password. */
  readonly place: string;
  /** All or nothing. */
  readonly transaction: <T>(work: (sql: Sql) => Promise<T>) => Promise<T>;
  readonly close: () => Promise<void>;
}

/** What is connected to. */
export interface DatabaseOptions {
  /** A connection URL, read anew for each connection. */
  readonly url: () => Promise<Secret>;
  /** Shown by pg_stat_activity. */
  readonly name: string;
  /** Connections at once. */
  readonly most: number;
}

/** ms */
const limits = { connect: 5_000, query: 15_000 };

/**
 * A worker that is stopped in the midst of a transaction would keep the rows that it has locked from whoever takes over. Local to the transaction: a pooler
 * hands its session to others.
 */
const begin = `begin; set local idle_in_transaction_session_timeout = '5s'; set local lock_timeout = '5s'; set local statement_timeout = '10s'`;

/** Opens no connection yet: the first statement does. */
export async function openDatabase({ url, name, most }: DatabaseOptions): Promise<Database> {
  const [{ default: pg }, { parse }] = await Promise.all([import("pg"), import("pg-connection-string")]);
  const first = parse((await url()).reveal());
  const place = placeOf(first);
  const pool = new pg.Pool({
    ...connectionOf(first),
    password: async () => parse((await url()).reveal()).password ?? "",
    application_name: name,
    max: most,
    connectionTimeoutMillis: limits.connect,
    query_timeout: limits.query,
    keepAlive: true,
    allowExitOnIdle: true,
  });
  pool.on("error", ignoreLost);
  pool.on("connect", (client) => void client.on("error", ignoreLost));

  const direct = sqlOver((text, values) => pool.query(text, values), place);
  return {
    place,
    ...direct,
    transaction: (work) => transact(pool, place, work),
    close: () => pool.end(),
  };
}

/** A protocol violation: a pooler says so of what it does not take. */
const notTaken = "08P01";

/** To be asked when a statement by itself went well. Throws EngineError `ROTATE_STATE_UNUSABLE` behind a pooler that gives each statement another session. */
export async function refuseStatementPooling({ transaction, place }: Database): Promise<void> {
  await transaction(async () => undefined).catch((error: Error) => {
    const { code } = (error.cause ?? {}) as { readonly code?: unknown };
    throw code === notTaken ? noTransactions(place, error) : error;
  });
}

/** Whoever works with the connection is told by its own promise; without a listener the end of an idle one would end the process. */
function ignoreLost(): void {}

async function transact<T>(pool: Pool, place: string, work: (sql: Sql) => Promise<T>): Promise<T> {
  const client = await pool.connect().catch((error: unknown) => {
    throw databaseError(place, error);
  });
  let broken: unknown;
  try {
    const sql = sqlOver((text, values) => client.query(text, values), place);
    await sql.query(begin);
    const result = await work(sql);
    await sql.query("commit");
    return result;
  } catch (error) {
    broken = await rollback(client);
    throw error;
  } finally {
    client.release(broken !== undefined);
  }
}

/** What does not answer to it is not used again. */
async function rollback(client: PoolClient): Promise<unknown> {
  try {
    await client.query("rollback");
    return undefined;
  } catch (error) {
    return error;
  }
}

function sqlOver(ask: (text: string, values?: unknown[]) => Promise<{ rows: Row[] }>, place: string): Sql {
  async function executeSql(text: string, values?: readonly unknown[]): Promise<{ rows: Row[] }> {
    try {
      return await ask(text, values === undefined ? undefined : [...values]);
    } catch (error) {
      throw databaseError(place, error);
    }
  }
  return { executeSql, query: async (text, values) => (await executeSql(text, values)).rows };
}

type Parsed = ReturnType<typeof import("pg-connection-string").parse>;

/** Off this machine the server's certificate is checked, unless the URL itself says otherwise (`sslmode`). */
function connectionOf(parsed: Parsed): PoolConfig {
  const isLocal = isLoopback(parsed.host);
  const ssl = parsed.ssl ?? (isLocal ? false : { rejectUnauthorized: true });
  const { port, host, user, database } = parsed;
  return {
    ...(host && { host }),
    ...(port && { port: Number(port) }),
    ...(user && { user }),
    ...(database && { database }),
    ssl: ssl as NonNullable<PoolConfig["ssl"]>,
  };
}

function isLoopback(host: string | null | undefined): boolean {
  return !host || host.startsWith("/") || host === "localhost" || host === "::1" || host.startsWith("127.");
}

function placeOf({ host, port, database }: Parsed): string {
  return `${host ?? "localhost"}${port ? `:${port}` : ""}/${database ?? ""}`;
}
