import type { DatabaseSync } from "node:sqlite";
import { EngineError } from "../engine-error.ts";
import type { AttemptReport } from "../report.ts";
import type { Store } from "../backend/backend.ts";
import { announces } from "../backend/claim.ts";
import { reduce } from "../store/reduce.ts";
import { emptyState, type RotationState } from "../store/state.ts";
import { upgradeState } from "../store/upgrade.ts";
import type { Entry, Ledger } from "./claims.ts";

const schema = `
create table if not exists meta (key text primary key, value text not null) strict;
create table if not exists rotations (name text primary key, epoch integer not null, state text not null) strict;
create table if not exists journal (
  rotation text not null, seq integer not null, epoch integer not null, at integer not null, record text not null, primary key (rotation, seq)
) strict, without rowid;
create table if not exists attempts (id text primary key, rotation text not null, started_at text not null, report text not null) strict;
create index if not exists attempts_by_rotation on attempts (rotation, started_at);
`;
const layout = 2;
const keptRecords = 2_000;
const keptAttempts = 500;

/** The state of one spec in a database of its own. */
export interface SqliteState extends Store, Ledger {
  /** Small facts about the state as a whole: the spec's path, the machine's id. */
  readonly getMeta: (key: string) => string | undefined;
  readonly setMeta: (key: string, value: string) => void;
  readonly close: () => Promise<void>;
}

/** Opens (and makes, when absent) the SQLite state in `directory`, which exists and is ours. Throws EngineError `ROTATE_STATE_UNUSABLE`. */
export function openSqliteState(directory: string): SqliteState {
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  const database = open(DatabaseSync, `${directory}/state.db`);
  const sql = statements(database);
  let syncing: Promise<void> | undefined;

  /** Makes all that was written so far durable; one sync serves every rotation that waits for one at the same moment. */
  function sync(): Promise<void> {
    syncing ??= syncSoon();
    return syncing;
  }

  async function syncSoon(): Promise<void> {
    await new Promise(setImmediate);
    syncing = undefined;
    transaction(database, () => sql.countSync.run());
  }

  function load(rotation: string): RotationState {
    const row = sql.load.get(rotation) as { state: string } | undefined;
    return row ? (JSON.parse(row.state) as RotationState) : emptyState(rotation);
  }

  function append(rotation: string, entries: readonly Entry[], epoch: number): RotationState | undefined {
    let state = load(rotation);
    if (state.epoch !== epoch) return undefined;
    for (const { record, stamp } of entries) {
      state = reduce(state, record, stamp);
      sql.journal.run(rotation, state.seq, state.epoch, stamp.time, JSON.stringify(record));
      if (record.type === "settled") sql.pruneJournal.run(rotation, state.seq - keptRecords);
    }
    sql.save.run(rotation, state.epoch, JSON.stringify(state));
    return state;
  }

  return {
    load: async (rotation) => load(rotation),
    names: async () => sql.names.all().map((row) => String(row["name"])),
    async append(rotation, { entries, epoch }) {
      const state = transaction(database, () => append(rotation, entries, epoch), { sync: false });
      if (state !== undefined && announces(entries.map(({ record }) => record))) await sync();
      return state;
    },
    async recordAttempt(report) {
      function record(): void {
        sql.attempt.run(report.id, report.rotation, report.startedAt, JSON.stringify(report));
        sql.pruneAttempts.run(report.rotation, report.rotation, keptAttempts);
      }
      transaction(database, record, { sync: false });
    },
    async attempts({ rotation, limit }) {
      const rows = rotation === undefined ? sql.attempts.all(limit) : sql.attemptsOf.all(rotation, limit);
      return rows.map((row) => JSON.parse(String(row["report"])) as AttemptReport);
    },
    async rename(from, to) {
      transaction(database, () => {
        const state = load(from);
        if (state.seq === 0) return;
        sql.save.run(to, state.epoch, JSON.stringify({ ...state, name: to }));
        sql.moveJournal.run(to, from);
        sql.moveAttempts.run(to, from);
        sql.remove.run(from);
      });
    },
    remove: async (rotation) => void transaction(database, () => sql.remove.run(rotation)),
    getMeta(key) {
      const row = sql.getMeta.get(key);
      return row === undefined ? undefined : String(row["value"]);
    },
    setMeta: (key, value) => void transaction(database, () => sql.setMeta.run(key, value)),
    async close() {
      await syncing;
      if (database.isOpen) database.close();
    },
  };
}

function open(Database: typeof DatabaseSync, path: string): DatabaseSync {
  try {
    const database = new Database(path, { timeout: 10_000 });
    database.exec("pragma journal_mode = wal; pragma synchronous = full; pragma trusted_schema = off;");
    migrate(database, path);
    return database;
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    throw new EngineError(`cannot use the state ${path}: ${(cause as Error).message}`, {
      code: "ROTATE_STATE_UNUSABLE",
      exitCode: 6,
      cause,
      hint: "check that the disk is neither full nor read-only; if the file is damaged, move it away: every rotation is then minted anew",
    });
  }
}

function migrate(database: DatabaseSync, path: string): void {
  const version = Number(database.prepare("pragma user_version").get()?.["user_version"] ?? 0);
  if (version > layout) {
    throw new EngineError(
      `the state ${path} was written by a newer rotate (layout ${version}, this one knows ${layout})`,
      {
        code: "ROTATE_STATE_NEWER",
        exitCode: 6,
        hint: "upgrade rotate, or use another --state-dir",
      },
    );
  }
  if (version === layout) return;
  transaction(database, () => {
    database.exec(schema);
    if (version === 1) upgradeAll(database);
    database.exec(`pragma user_version = ${layout}`);
  });
}

function upgradeAll(database: DatabaseSync): void {
  const save = database.prepare("update rotations set state = ? where name = ?");
  for (const row of database.prepare("select name, state from rotations").all())
    save.run(JSON.stringify(upgradeState(JSON.parse(String(row["state"])))), String(row["name"]));
}

/**
 * Runs `work` in an immediate transaction: no other writer comes in between. Without `sync` a power failure may take it, together with all that came
 * after it: the log is a sequence, and the next synced transaction makes the whole of it durable.
 */
function transaction<T>(database: DatabaseSync, work: () => T, { sync = true } = {}): T {
  database.exec(`pragma synchronous = ${sync ? "full" : "normal"}; begin immediate`);
  try {
    const result = work();
    database.exec("commit");
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec("rollback");
    throw error;
  }
}

function statements(database: DatabaseSync) {
  const prepare = (text: string) => database.prepare(text);
  return {
    load: prepare("select state from rotations where name = ?"),
    save: prepare(
      "insert into rotations (name, epoch, state) values (?, ?, ?) on conflict (name) do update set epoch = excluded.epoch, state = excluded.state",
    ),
    names: prepare("select name from rotations order by name"),
    remove: prepare("delete from rotations where name = ?"),
    journal: prepare("insert or replace into journal (rotation, seq, epoch, at, record) values (?, ?, ?, ?, ?)"),
    pruneJournal: prepare("delete from journal where rotation = ? and seq < ?"),
    moveJournal: prepare("update journal set rotation = ? where rotation = ?"),
    moveAttempts: prepare("update attempts set rotation = ? where rotation = ?"),
    attempt: prepare("insert or replace into attempts (id, rotation, started_at, report) values (?, ?, ?, ?)"),
    pruneAttempts: prepare(
      "delete from attempts where rotation = ? and id not in (select id from attempts where rotation = ? order by started_at desc limit ?)",
    ),
    attempts: prepare("select report from attempts order by started_at desc, rowid desc limit ?"),
    attemptsOf: prepare("select report from attempts where rotation = ? order by started_at desc, rowid desc limit ?"),
    // A cell that does not change is not written, and what is not written is not synced.
    countSync: prepare(
      "insert into meta (key, value) values ('synced', '1') on conflict (key) do update set value = value + 1",
    ),
    getMeta: prepare("select value from meta where key = ?"),
    setMeta: prepare(
      "insert into meta (key, value) values (?, ?) on conflict (key) do update set value = excluded.value",
    ),
  };
}
