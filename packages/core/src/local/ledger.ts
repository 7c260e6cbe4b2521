import { areSynced, dueAfter } from "../backend/claim.ts";
import type { JournalRecord } from "../store/records.ts";
import { reduce } from "../store/reduce.ts";
import { emptyState, type RotationState } from "../store/state.ts";
import type { Changes } from "./changes.ts";
import type { Ledger, Opening, Written } from "./claims.ts";
import type { Grouped } from "./grouped.ts";
import { keptAttempts } from "./past.ts";
import type { LogSync } from "./log-sync.ts";
import type { SqliteFile } from "./sqlite-file.ts";
import type { Statements } from "./statements.ts";

/** The layout of the file that this version writes: `pragma user_version`. */
export const layout = 7;
const keptRecords = 2_000;
/** So many more may stand there for a while. */
const prunedAtOnce = 250;

/** How a ledger writes. */
interface Writing {
  readonly write: Grouped<Statements>["write"];
  readonly log: LogSync;
  readonly changes: Changes;
}

/** What claims write to, in the rows of a SQLite file. */
export function ledgerOf(file: SqliteFile<Statements>, { write, log, changes }: Writing): Ledger {
  return {
    epoch: async (rotation) => file.read((sql) => epochOf(sql, rotation)),
    open: (rotation, opening) =>
      write((sql) => {
        changes.add(rotation);
        return open(sql, rotation, opening);
      }),
    giveBack: (rotation, epoch) => write((sql) => void sql.giveBack.run(null, rotation, epoch)),
    owners: async (rotations) => file.read((sql) => ownersOf(sql, rotations)),
    async append(rotation, written) {
      const state = await write((sql) => {
        changes.add(rotation);
        return append(sql, rotation, written);
      });
      if (state === undefined) return undefined;
      if (areSynced(written.entries.map(({ record }) => record))) await log.flush();
      else log.flushSoon();
      return state;
    },
    dueTimes: async () =>
      file.read((sql) => sql.dueTimes.all().map(({ name, due }) => ({ rotation: String(name), at: Number(due) }))),
  };
}

/** The state of one rotation; an empty one when it was never run. */
export function stateOf(sql: Statements, rotation: string): RotationState {
  const row = sql.load.get(rotation) as { state: string } | undefined;
  return row ? (JSON.parse(row.state) as RotationState) : emptyState(rotation);
}

/** Each claim raises it: while it is the same, nobody else has written the state. */
function epochOf(sql: Statements, rotation: string): number {
  return Number(sql.epoch.get(rotation)?.["epoch"] ?? 0);
}

/** In a state that was never upgraded, because it cannot be written, nobody is at work. */
function ownersOf(sql: Statements, rotations: readonly string[]): ReadonlyMap<string, string> {
  if (Number(sql.layout.get()?.["user_version"]) < layout) return new Map();
  const rows = sql.owners.all(JSON.stringify(rotations));
  return new Map(rows.map(({ name, owner }) => [String(name), String(owner)]));
}

interface Noted {
  readonly rotation: string;
  /** After the record. */
  readonly state: RotationState;
  readonly record: JournalRecord;
  readonly time: number;
}

/** Whatever becomes of a rotation, its journal has an end: one that fails for months is never settled, nor is one that is renewed for years. */
function note(sql: Statements, { rotation, state: { seq, epoch }, record, time }: Noted): void {
  sql.journal.run(rotation, seq, epoch, time, JSON.stringify(record));
  if (seq % prunedAtOnce === 0) sql.pruneJournal.run(rotation, seq - keptRecords);
}

/** Nobody else writes in between, so that of two who find it free only one gets it. */
function open(sql: Statements, rotation: string, { owner, isAlive, stampOf }: Opening): RotationState | undefined {
  const row = sql.open.get(rotation) as { readonly state: string; readonly owner: string | null } | undefined;
  if (row !== undefined && row.owner !== null && isAlive(row.owner)) return undefined;
  const known = row === undefined ? emptyState(rotation) : (JSON.parse(row.state) as RotationState);
  const stamp = stampOf(known);
  const record = { type: "opened" } as const;
  const state = reduce(known, record, stamp);
  note(sql, { rotation, state, record, time: stamp.time });
  sql.take.run(rotation, state.epoch, JSON.stringify(state), owner);
  return state;
}

function append(sql: Statements, rotation: string, written: Written): RotationState | undefined {
  if (epochOf(sql, rotation) !== written.state.epoch) return undefined;
  let { state } = written;
  for (const { record, stamp } of written.entries) {
    state = reduce(state, record, stamp);
    note(sql, { rotation, state, record, time: stamp.time });
  }
  if (written.entries.length > 0) sql.save.run(rotation, state.epoch, JSON.stringify(state));
  const due = dueAfter({ ...written, records: written.entries.map(({ record }) => record) });
  if (written.ends === true) sql.giveBack.run(due ?? null, rotation, state.epoch);
  else if (due !== undefined) sql.setDue.run(due, rotation);
  for (const report of written.attempts ?? [])
    sql.attempt.run(report.id, report.rotation, report.startedAt, JSON.stringify(report));
  if (written.attempts?.length) sql.pruneAttempts.run(rotation, rotation, keptAttempts);
  return state;
}
