import type { DatabaseSync, StatementSync } from "node:sqlite";

const attemptsAsked = `(:before is null or started_at < :before) and (:after is null or started_at >= :after)
  and (:outcomes is null or json_extract(report, '$.outcome') in (select value from json_each(:outcomes)))
  order by started_at desc, rowid desc limit :limit`;
const eventsAsked = `(:before is null or at < :before) and (:after is null or at >= :after) order by id desc limit :limit`;

/** All that is asked of the database of the state, each prepared once for a connection. */
export type Statements = Readonly<Record<keyof typeof texts, StatementSync>>;

/** Prepares each when it is first asked for: most runs ask for four. */
export function statements(database: DatabaseSync): Statements {
  const prepared: Partial<Record<keyof typeof texts, StatementSync>> = {};
  const asked = {} as Record<keyof typeof texts, StatementSync>;
  for (const name of Object.keys(texts) as (keyof typeof texts)[])
    Object.defineProperty(asked, name, { get: () => (prepared[name] ??= database.prepare(texts[name])) });
  return asked;
}

const texts = {
  epoch: "select epoch from rotations where name = ?",
  load: "select state from rotations where name = ?",
  loadAll: "select name, state from rotations where name in (select value from json_each(?))",
  dataVersion: "pragma data_version",
  layout: "pragma user_version",
  save: "insert into rotations (name, epoch, state) values (?, ?, ?) on conflict (name) do update set epoch = excluded.epoch, state = excluded.state",
  open: "select state, owner from rotations where name = ?",
  take: "insert into rotations (name, epoch, state, owner) values (?, ?, ?, ?) on conflict (name) do update set epoch = excluded.epoch, state = excluded.state, owner = excluded.owner",
  giveBack: "update rotations set due = coalesce(?, due), owner = null where name = ? and epoch = ?",
  owners: "select name, owner from rotations where owner is not null and name in (select value from json_each(?))",
  setDue: "update rotations set due = ? where name = ?",
  dueTimes: "select name, due from rotations order by due, name",
  // One row: ten thousand cost as much as ten thousand states.
  names: "select json_group_array(name) as names from (select name from rotations order by name)",
  remove: "delete from rotations where name = ?",
  journal: "insert or replace into journal (rotation, seq, epoch, at, record) values (?, ?, ?, ?, ?)",
  pruneJournal: "delete from journal where rotation = ? and seq < ?",
  moveJournal: "update journal set rotation = ? where rotation = ?",
  moveAttempts: "update attempts set rotation = ? where rotation = ?",
  attempt: "insert or replace into attempts (id, rotation, started_at, report) values (?, ?, ?, ?)",
  pruneAttempts:
    "delete from attempts where rotation = ? and id not in (select id from attempts where rotation = ? order by started_at desc limit ?)",
  attempts: `select report from attempts where ${attemptsAsked}`,
  attemptsOf: `select report from attempts where rotation = :rotation and ${attemptsAsked}`,
  event: "insert into events (rotation, at, event) values (?, ?, ?)",
  pruneEvents:
    "delete from events where rotation = ? and id <= (select id from events where rotation = ? order by id desc limit 1 offset ?)",
  stamps: "select rotation, sink, stamp, holding from stamps where boot = ?",
  keepStamp:
    "insert into stamps (rotation, sink, boot, stamp, holding) values (?, ?, ?, ?, ?) on conflict (rotation, sink) do update set boot = excluded.boot, stamp = excluded.stamp, holding = excluded.holding",
  forgetStamps: "delete from stamps where boot <> ?",
  moveStamps: "update or replace stamps set rotation = ? where rotation = ?",
  looksForStatus: "select rotation, until, ends, pace, nearly, '' as stamps, status as told from looks",
  looksForReport: "select rotation, until, ends, pace, nearly, stamps, report as told from looks",
  dropLooks: "delete from looks",
  keepLook: `insert or replace into looks (until, ends, pace, nearly, stamps, status, report, rotation)
    select ?, ?, ?, ?, ?, ?, ?, name from rotations where name = ? and epoch = ? and json_extract(state, '$.seq') = ? and owner is null`,
  dropAttempts: "delete from attempts where rotation = ?",
  dropEvents: "delete from events where rotation = ?",
  removeStamps: "delete from stamps where rotation = ?",
  told: "select rotation, mark from told where rotation in (select value from json_each(?))",
  tell: "insert into told (rotation, mark) values (?, ?) on conflict (rotation) do update set mark = excluded.mark",
  untell: "delete from told where rotation = ?",
  moveTold: "update or replace told set rotation = ? where rotation = ?",
  moveEvents: "update events set rotation = ? where rotation = ?",
  events: `select event from events where ${eventsAsked}`,
  eventsOf: `select event from events where rotation = :rotation and ${eventsAsked}`,
  // A cell that does not change is not written, and what is not written is not synced.
  countSync: "insert into meta (key, value) values ('synced', '1') on conflict (key) do update set value = value + 1",
  getMeta: "select value from meta where key = ?",
  setMeta: "insert into meta (key, value) values (?, ?) on conflict (key) do update set value = excluded.value",
};
