import type { DatabaseSync } from "node:sqlite";
import { EngineError } from "../engine-error.ts";
import type { AttemptReport, HistoryEvent } from "../history-report.ts";
import type { SinkStamp, SinkStamps } from "../backend/host-notes.ts";
import type { StandingMark } from "../report.ts";
import { changeOf, type StandingChange, type Store, type ToldStanding } from "../backend/backend.ts";
import { emptyState, type RotationState } from "../store/state.ts";
import { upgradeState } from "../store/upgrade.ts";
import { createChanges } from "./changes.ts";
import type { Ledger } from "./claims.ts";
import { createGrouped } from "./grouped.ts";
import { looksIn, looksSchema } from "./looks.ts";
import { layout, ledgerOf, stateOf } from "./ledger.ts";
import { boundsOf, pastIn, recordEvent } from "./past.ts";
import { createLogSync } from "./log-sync.ts";
import { openSqliteFile } from "./sqlite-file.ts";
import { statements, type Statements } from "./statements.ts";

const schema = `
create table if not exists meta (key text primary key, value text not null) strict;
create table if not exists rotations (name text primary key, epoch integer not null, state text not null, due real not null default 0, owner text) strict;
create table if not exists journal (
  rotation text not null, seq integer not null, epoch integer not null, at integer not null, record text not null, primary key (rotation, seq)
) strict, without rowid;
create table if not exists attempts (id text primary key, rotation text not null, started_at text not null, report text not null) strict;
create index if not exists attempts_by_rotation on attempts (rotation, started_at);
create table if not exists events (id integer primary key, rotation text not null, at text not null, event text not null) strict;
create index if not exists events_by_rotation on events (rotation, id);
create table if not exists stamps (
  rotation text not null, sink text not null, boot text not null, stamp text not null, holding text not null, primary key (rotation, sink)
) strict, without rowid;
create table if not exists told (rotation text primary key, mark text not null) strict, without rowid;
${looksSchema}`;

/** The state of one spec in a database of its own. */
export interface SqliteState extends Store, Ledger {
  /** Small facts about the state as a whole: the spec's path, the machine's id. */
  readonly getMeta: (key: string) => string | undefined;
  readonly setMeta: (key: string, value: string) => void;
  readonly sinkStamps: SinkStamps;
  /** Why it can only be read; undefined when it can be written. */
  readonly problem: EngineError | undefined;
  readonly close: () => Promise<void>;
}

/** Opens (and makes, when absent) the SQLite state in `directory`, which exists and is ours. Throws EngineError `ROTATE_STATE_UNUSABLE`. */
export function openSqliteState(directory: string, { reading = false } = {}): SqliteState {
  const path = `${directory}/state.db`;
  const file = openSqliteFile({ path, reading, statements, prepare: (database) => migrate(database, path) });
  const { write, drain } = createGrouped(file.write);
  const changes = createChanges();
  const log = createLogSync(path, () => file.writeDurably((sql) => sql.countSync.run()));

  async function writeDurably(work: (sql: Statements) => void): Promise<void> {
    await write(work);
    await log.flush();
  }

  function changing(rotations: readonly string[], work: (sql: Statements) => void): Promise<void> {
    return writeDurably((sql) => {
      rotations.forEach(changes.add);
      work(sql);
    });
  }

  return {
    ...ledgerOf(file, { write, log, changes }),
    problem: file.problem,
    looks: looksIn(file, write),
    load: async (rotation) => file.read((sql) => stateOf(sql, rotation)),
    loadAll: async (rotations) => file.read((sql) => statesOf(sql, rotations)),
    changed: async () => changes.take(file.read((sql) => sql.dataVersion.get()?.["data_version"])),
    names: async () => file.read((sql) => JSON.parse(String(sql.names.get()?.["names"])) as readonly string[]),
    async attempts({ rotation, limit, outcomes, ...times }) {
      const bounds = { ...boundsOf(times), outcomes: outcomes === undefined ? null : JSON.stringify(outcomes), limit };
      const rows = file.read((sql) =>
        rotation === undefined ? sql.attempts.all(bounds) : sql.attemptsOf.all({ rotation, ...bounds }),
      );
      return rows.map((row) => JSON.parse(String(row["report"])) as AttemptReport);
    },
    recordEvent: (event) => write((sql) => recordEvent(sql, event)),
    async tell(standings) {
      const news = file.read((sql) => changesIn(sql, standings));
      // Most looks find nothing new, and need no write.
      return news.length === 0 ? news : write((sql) => tell(sql, changesIn(sql, standings)));
    },
    async events({ rotation, limit, ...times }) {
      const bounds = { ...boundsOf(times), limit };
      const rows = file.read((sql) =>
        rotation === undefined ? sql.events.all(bounds) : sql.eventsOf.all({ rotation, ...bounds }),
      );
      return rows.map((row) => JSON.parse(String(row["event"])) as HistoryEvent);
    },
    note: async (key) => file.read((sql) => noteOf(sql, key)),
    async changeNote(key, change) {
      const { note, isNew } = await write((sql) => changeNote(sql, key, change));
      if (isNew) await log.flush();
      return note;
    },
    sinkStamps: {
      recall: async (boot) => file.read((sql) => sql.stamps.all(boot) as unknown as readonly SinkStamp[]),
      keep: (boot, stamps) =>
        write((sql) => {
          for (const { rotation, sink, stamp, holding } of stamps)
            sql.keepStamp.run(rotation, sink, boot, stamp, holding);
          sql.forgetStamps.run(boot);
        }),
    },
    ...pastIn(file.read, writeDurably),
    rename: (from, to) => changing([from, to], (sql) => rename(sql, from, to)),
    remove: (rotation) =>
      changing([rotation], (sql) => {
        sql.remove.run(rotation);
        sql.removeStamps.run(rotation);
      }),
    getMeta: (key) => {
      const row = file.read((sql) => sql.getMeta.get(key));
      return row === undefined ? undefined : String(row["value"]);
    },
    setMeta: (key, value) => file.writeDurably((sql) => void sql.setMeta.run(key, value)),
    async close() {
      try {
        drain();
        await log.close();
      } finally {
        file.close();
      }
    },
  };
}

/** From here on one query costs less than so many. */
const many = 32;

function statesOf(sql: Statements, rotations: readonly string[]): readonly RotationState[] {
  if (rotations.length < many) return rotations.map((rotation) => stateOf(sql, rotation));
  const states = new Map<string, RotationState>();
  for (const { name, state } of sql.loadAll.iterate(JSON.stringify(rotations)))
    states.set(String(name), JSON.parse(String(state)) as RotationState);
  return rotations.map((rotation) => states.get(rotation) ?? emptyState(rotation));
}

function noteKey(key: string): string {
  return `note ${key}`;
}

function noteOf(sql: Statements, key: string): unknown {
  const row = sql.getMeta.get(noteKey(key));
  return row === undefined ? undefined : (JSON.parse(String(row["value"])) as unknown);
}

function changeNote(
  sql: Statements,
  key: string,
  change: (before: unknown) => unknown,
): { readonly note: unknown; readonly isNew: boolean } {
  const before = noteOf(sql, key);
  const after = change(before);
  if (after === undefined || after === before) return { note: before, isNew: false };
  sql.setMeta.run(noteKey(key), JSON.stringify(after));
  return { note: after, isNew: true };
}

function changesIn(sql: Statements, standings: readonly ToldStanding[]): readonly StandingChange[] {
  const rows = sql.told.all(JSON.stringify(standings.map(({ rotation }) => rotation)));
  const told = new Map(rows.map((row) => [String(row["rotation"]), JSON.parse(String(row["mark"])) as StandingMark]));
  return standings.flatMap((standing) => changeOf(told.get(standing.rotation), standing) ?? []);
}

function tell(sql: Statements, changes: readonly StandingChange[]): readonly StandingChange[] {
  for (const change of changes) {
    const { rotation, after } = change;
    if (after) sql.tell.run(rotation, JSON.stringify(after));
    else sql.untell.run(rotation);
    recordEvent(sql, change);
  }
  return changes;
}

function rename(sql: Statements, from: string, to: string): void {
  const state = stateOf(sql, from);
  if (state.seq === 0) return;
  sql.save.run(to, state.epoch, JSON.stringify({ ...state, name: to }));
  sql.moveJournal.run(to, from);
  sql.moveAttempts.run(to, from);
  sql.moveEvents.run(to, from);
  sql.moveTold.run(to, from);
  sql.moveStamps.run(to, from);
  sql.remove.run(from);
}

function migrate(database: DatabaseSync, path: string): void {
  const version = versionOf(database);
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
  database.exec("begin immediate");
  const before = versionOf(database); // another process may have been faster
  if (before === 1) upgradeAll(database);
  if (before > 0 && before < 4) database.exec("alter table rotations add column due real not null default 0");
  if (before > 0 && before < 6) database.exec("alter table rotations add column owner text");
  database.exec(`${schema} pragma user_version = ${layout}; commit`);
}

function versionOf(database: DatabaseSync): number {
  return Number(database.prepare("pragma user_version").get()?.["user_version"] ?? 0);
}

function upgradeAll(database: DatabaseSync): void {
  const save = database.prepare("update rotations set state = ? where name = ?");
  for (const row of database.prepare("select name, state from rotations").all())
    save.run(JSON.stringify(upgradeState(JSON.parse(String(row["state"])))), String(row["name"]));
}
