import type { DatabaseSync } from "node:sqlite";

const attemptsAsked = `(:before is null or started_at < :before) and (:after is null or started_at >= :after)
  and (:outcomes is null or json_extract(report, '$.outcome') in (select value from json_each(:outcomes)))
  order by started_at desc, rowid desc limit :limit`;
const eventsAsked = `(:before is null or at < :before) and (:after is null or at >= :after) order by id desc limit :limit`;

/** All that is asked of the database of the state, prepared once for each connection. */
export type Statements = ReturnType<typeof statements>;

/** Prepares them. */
export function statements(database: DatabaseSync) {
  const prepare = (text: string) => database.prepare(text);
  return {
    epoch: prepare("select epoch from rotations where name = ?"),
    load: prepare("select state from rotations where name = ?"),
    loadAll: prepare("select name, state from rotations where name in (select value from json_each(?))"),
    dataVersion: prepare("pragma data_version"),
    save: prepare(
      "insert into rotations (name, epoch, state) values (?, ?, ?) on conflict (name) do update set epoch = excluded.epoch, state = excluded.state",
    ),
    setDue: prepare("update rotations set due = ? where name = ?"),
    dueTimes: prepare("select name, due from rotations order by due, name"),
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
    attempts: prepare(`select report from attempts where ${attemptsAsked}`),
    attemptsOf: prepare(`select report from attempts where rotation = :rotation and ${attemptsAsked}`),
    event: prepare("insert into events (rotation, at, event) values (?, ?, ?)"),
    pruneEvents: prepare(
      "delete from events where rotation = ? and id <= (select id from events where rotation = ? order by id desc limit 1 offset ?)",
    ),
    told: prepare("select rotation, mark from told where rotation in (select value from json_each(?))"),
    tell: prepare(
      "insert into told (rotation, mark) values (?, ?) on conflict (rotation) do update set mark = excluded.mark",
    ),
    untell: prepare("delete from told where rotation = ?"),
    moveTold: prepare("update or replace told set rotation = ? where rotation = ?"),
    moveEvents: prepare("update events set rotation = ? where rotation = ?"),
    events: prepare(`select event from events where ${eventsAsked}`),
    eventsOf: prepare(`select event from events where rotation = :rotation and ${eventsAsked}`),
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
