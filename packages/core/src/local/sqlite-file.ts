import { existsSync, statSync } from "node:fs";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { EngineError } from "../engine-error.ts";
import { fileIdentity, stateError, stateLost } from "./state-error.ts";

/** A SQLite file that others may use at the same time, that may be taken away, and whose disk may be full. What goes wrong names its path. */
export interface SqliteFile<Statements> {
  /** Reads. Throws EngineError `ROTATE_STATE_UNUSABLE` or `ROTATE_STATE_LOST`. */
  readonly read: <T>(work: (sql: Statements) => T) => T;
  /** Writes, in an immediate transaction: no other writer comes in between. What was not flushed may be lost with the power, together with all that came after it. */
  readonly write: <T>(work: (sql: Statements) => T) => T;
  /** The same, durable when it returns. */
  readonly writeDurably: <T>(work: (sql: Statements) => T) => T;
  /** Why it can only be read; undefined when it can be written. */
  readonly problem: EngineError | undefined;
  readonly close: () => void;
}

interface FileOptions<Statements> {
  readonly path: string;
  /** Makes or upgrades what is in it, and throws when this version must not touch it. */
  readonly prepare: (database: DatabaseSync) => void;
  readonly statements: (database: DatabaseSync) => Statements;
  /** Open it for reading when it cannot be written. */
  readonly reading: boolean;
}

interface Connection<Statements> {
  readonly database: DatabaseSync;
  readonly sql: Statements;
  readonly steps: Steps;
  readonly identity: string | undefined;
  readonly problem: EngineError | undefined;
}

/** Opens the file, and makes it when it is absent. */
export function openSqliteFile<Statements>(options: FileOptions<Statements>): SqliteFile<Statements> {
  const { path } = options;
  let current = connect(options);

  /** The file that stands there now: one that was put back, or restored, is another one. */
  function connection(): Connection<Statements> {
    const identity = fileIdentity(path);
    if (identity === current.identity) return current;
    if (identity === undefined) throw stateLost(path);
    current.database.close();
    current = connect(options);
    return current;
  }

  function attempt<T>(work: (at: Connection<Statements>) => T): T {
    try {
      return work(connection());
    } catch (error) {
      throw stateError(path, error);
    }
  }

  return {
    problem: current.problem,
    read: (work) => attempt(({ sql }) => work(sql)),
    write: (work) => attempt((at) => transaction(at, () => work(at.sql))),
    writeDurably: (work) => attempt((at) => durably(at.database, () => transaction(at, () => work(at.sql)))),
    close: () => void (current.database.isOpen && current.database.close()),
  };
}

function connect<Statements>(options: FileOptions<Statements>): Connection<Statements> {
  const { path, statements } = options;
  const { database, problem } = open(options);
  try {
    return { database, problem, sql: statements(database), steps: stepsOf(database), identity: fileIdentity(path) };
  } catch (error) {
    database.close();
    throw stateError(path, error);
  }
}

function open<Statements>(options: FileOptions<Statements>): Pick<Connection<Statements>, "database" | "problem"> {
  try {
    return { database: openToWrite(options), problem: undefined };
  } catch (error) {
    const problem = stateError(options.path, error);
    if (!options.reading || !(problem instanceof EngineError) || problem.code !== "ROTATE_STATE_UNUSABLE")
      throw problem;
    const database = openToRead(options.path);
    if (database === undefined) throw problem;
    return { database, problem };
  }
}

function openToWrite<Statements>({ path, prepare }: FileOptions<Statements>): DatabaseSync {
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  const database = new DatabaseSync(path, { timeout: 10_000 });
  try {
    database.exec("pragma journal_mode = wal; pragma synchronous = normal; pragma trusted_schema = off;");
    prepare(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * A disk that is full or read-only has no room for the index of the write-ahead log that readers share. Where one stands there it serves; without a log the file
 * is all there is, and nobody can change it; else the log is read alone. Undefined when it cannot be read either.
 */
function openToRead(path: string): DatabaseSync | undefined {
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  const whole = pathToFileURL(path);
  whole.search = "?immutable=1";
  const hasLog = existsSync(`${path}-wal`) && statSync(`${path}-wal`).size > 0;
  const ways = [
    () => new DatabaseSync(path, { readOnly: true, timeout: 10_000 }),
    () => (hasLog ? alone(new DatabaseSync(path)) : new DatabaseSync(whole, { readOnly: true })),
  ];
  for (const way of ways) {
    const database = tryToRead(way);
    if (database) return database;
  }
  return undefined;
}

function alone(database: DatabaseSync): DatabaseSync {
  database.exec("pragma locking_mode = exclusive");
  return database;
}

function tryToRead(way: () => DatabaseSync): DatabaseSync | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = way();
    database.exec("select 1 from rotations limit 1");
    return database;
  } catch {
    database?.close(); // the next way; the reason is the one that writing failed of
    return undefined;
  }
}

function transaction<Statements, T>({ database, steps }: Connection<Statements>, work: () => T): T {
  steps.begin.run();
  try {
    const result = work();
    steps.commit.run();
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec("rollback");
    throw error;
  }
}

function durably<T>(database: DatabaseSync, work: () => T): T {
  database.exec("pragma synchronous = full");
  try {
    return work();
  } finally {
    database.exec("pragma synchronous = normal");
  }
}

interface Steps {
  readonly begin: StatementSync;
  readonly commit: StatementSync;
}

function stepsOf(database: DatabaseSync): Steps {
  return { begin: database.prepare("begin immediate"), commit: database.prepare("commit") };
}
