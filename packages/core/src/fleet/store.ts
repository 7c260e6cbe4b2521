import {
  changeOf,
  newTo,
  wholePast,
  type HistoryQuery,
  type Past,
  type StandingChange,
  type Store,
  type ToldStanding,
} from "../backend/backend.ts";
import type { AttemptReport, HistoryEvent } from "../history-report.ts";
import type { StandingMark } from "../report.ts";
import type { Database, Row, Sql } from "./database.ts";
import { keepAttempts, stateIn, statesIn, type Rows } from "./rows.ts";
import { readNote, writeNote } from "./notes.ts";
import { lockFor } from "./schema.ts";

/** Kept of each rotation. */
const keptEvents = 500;

/** Leases, owed work and history of one spec in its database. */
export function createSharedStore(database: Database, rows: Rows): Store {
  const { spec, schemas } = rows;
  const { own } = schemas;
  const { query, transaction } = database;
  let seen: string | undefined;

  function loadAll(rotations: readonly string[]): ReturnType<Store["loadAll"]> {
    return statesIn(database, rows, rotations);
  }

  return {
    loadAll,
    load: async (rotation) => (await loadAll([rotation]))[0]!,
    async changed() {
      const before = seen;
      const [now] = await query(
        `select pg_current_snapshot()::text as seen, (select json_agg(name) from ${own}.rotation where spec = $1
           and changed_in >= pg_snapshot_xmin($2::pg_snapshot) and not pg_visible_in_snapshot(changed_in, $2::pg_snapshot)) as names`,
        [spec, before ?? null],
      );
      seen = String(now!["seen"]);
      return before === undefined ? undefined : new Set((now!["names"] as readonly string[] | null) ?? []);
    },
    async names() {
      const found = await query(
        `select name from ${own}.rotation where spec = $1 and state is not null order by name`,
        [spec],
      );
      return found.map(({ name }) => String(name));
    },
    async attempts(asked) {
      const { outcomes } = asked;
      const { where, values } = boundsOf(spec, asked, "started_at");
      const found = await query(
        `select report from ${own}.attempt where ${where} and ($6::text[] is null or outcome = any ($6)) order by started_at desc, nth desc limit $5`,
        [...values, outcomes ?? null],
      );
      return found.map(({ report }) => report as AttemptReport);
    },
    async events(asked) {
      const { where, values } = boundsOf(spec, asked, "at");
      const found = await query(`select event from ${own}.event where ${where} order by nth desc limit $5`, values);
      return found.map(({ event }) => event as HistoryEvent);
    },
    recordEvent: (event) => recordEvents(database, rows, [event]),
    note: (key) => readNote(database, rows, key),
    changeNote: (key, change) =>
      transaction(async (sql) => {
        await lockFor(sql, schemas, `note ${spec} ${key}`);
        const before = await readNote(sql, rows, key);
        const after = change(before);
        if (after === undefined || after === before) return before;
        await writeNote(sql, rows, { key, value: after });
        return after;
      }),
    async tell(standings) {
      // Most looks find nothing new, and wait for nobody.
      if ((await changesIn(database, rows, standings)).length === 0) return [];
      return transaction(async (sql) => {
        await lockFor(sql, schemas, `told ${spec}`);
        return tell(sql, rows, await changesIn(sql, rows, standings));
      });
    },
    past: (rotation) => pastOf(database, rows, rotation),
    keepPast: (rotation, past) => transaction((sql) => keepPast(sql, rows, { rotation, past })),
    dropPast: (rotation) =>
      transaction(async (sql) => {
        for (const table of ["attempt", "event", "told"])
          await sql.query(`delete from ${own}.${table} where spec = $1 and rotation = $2`, [spec, rotation]);
      }),
    rename: (from, to) => transaction((sql) => rename(sql, rows, { from, to })),
    async remove(rotation) {
      await query(
        `update ${own}.rotation set state = null, claim = null, due = 0, changed_in = pg_current_xact_id() where spec = $1 and name = $2`,
        [spec, rotation],
      );
    },
  };
}

async function pastOf({ query }: Sql, { schemas: { own }, spec }: Rows, rotation: string): Promise<Past> {
  const of = [spec, rotation];
  const last = `where spec = $1 and rotation = $2 order by nth desc limit ${wholePast}`;
  const attempts = await query(`select report from ${own}.attempt ${last}`, of);
  const events = await query(`select event from ${own}.event ${last}`, of);
  const [told] = await query(`select mark from ${own}.told where spec = $1 and rotation = $2`, of);
  return {
    attempts: attempts.map(({ report }) => report as AttemptReport),
    events: events.map(({ event }) => event as HistoryEvent),
    ...(told && { told: told["mark"] as StandingMark }),
  };
}

async function keepPast(
  sql: Sql,
  rows: Rows,
  { rotation, past }: { readonly rotation: string; readonly past: Past },
): Promise<void> {
  await recordEvents(sql, rows, newTo((await pastOf(sql, rows, rotation)).events, past));
  await keepAttempts(sql, rows, past.attempts.toReversed());
  if (past.told === undefined) return;
  await sql.query(
    `insert into ${rows.schemas.own}.told (spec, rotation, mark) values ($1, $2, $3) on conflict (spec, rotation) do update set mark = excluded.mark`,
    [rows.spec, rotation, JSON.stringify(past.told)],
  );
}

function boundsOf(
  spec: string,
  { rotation, before, after, limit }: HistoryQuery,
  column: string,
): { readonly where: string; readonly values: readonly unknown[] } {
  return {
    where: `spec = $1 and ($2::text is null or rotation = $2) and ($3::text is null or ${column} < $3) and ($4::text is null or ${column} >= $4)`,
    values: [spec, rotation ?? null, before ?? null, after ?? null, limit],
  };
}

async function recordEvents(
  { query }: Sql,
  { schemas: { own }, spec }: Rows,
  events: readonly HistoryEvent[],
): Promise<void> {
  if (events.length === 0) return;
  const names = events.map(({ rotation }) => rotation);
  await query(
    `insert into ${own}.event (day, spec, rotation, at, event)
     select left(i.at, 10)::date, $1, i.* from unnest($2::text[], $3::text[], $4::json[]) as i (rotation, at, event)`,
    [spec, names, events.map(({ at }) => at), events.map((event) => JSON.stringify(event))],
  );
  await query(
    `delete from ${own}.event e using unnest($2::text[]) as i (rotation) where e.spec = $1 and e.rotation = i.rotation and e.nth <=
       (select nth from ${own}.event where spec = $1 and rotation = i.rotation order by nth desc offset ${keptEvents} limit 1)`,
    [spec, [...new Set(names)]],
  );
}

async function changesIn(
  { query }: Sql,
  { schemas: { own }, spec }: Rows,
  standings: readonly ToldStanding[],
): Promise<readonly StandingChange[]> {
  const names = standings.map(({ rotation }) => rotation);
  const found = await query(`select rotation, mark from ${own}.told where spec = $1 and rotation = any ($2)`, [
    spec,
    names,
  ]);
  const told = new Map(found.map((row: Row) => [String(row["rotation"]), row["mark"] as StandingMark]));
  return standings.flatMap((standing) => changeOf(told.get(standing.rotation), standing) ?? []);
}

async function tell(sql: Sql, rows: Rows, changes: readonly StandingChange[]): Promise<readonly StandingChange[]> {
  if (changes.length === 0) return [];
  const { own } = rows.schemas;
  const over = changes.filter(({ after }) => after === undefined).map(({ rotation }) => rotation);
  const standing = changes.filter(({ after }) => after !== undefined);
  await sql.query(`delete from ${own}.told where spec = $1 and rotation = any ($2)`, [rows.spec, over]);
  await sql.query(
    `insert into ${own}.told (spec, rotation, mark) select $1, i.* from unnest($2::text[], $3::json[]) as i
     on conflict (spec, rotation) do update set mark = excluded.mark`,
    [rows.spec, standing.map(({ rotation }) => rotation), standing.map(({ after }) => JSON.stringify(after))],
  );
  await recordEvents(sql, rows, changes);
  return changes;
}

async function rename(
  sql: Sql,
  { schemas: { own }, spec }: Rows,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<void> {
  const [row] = await sql.query(
    `select state, due from ${own}.rotation where spec = $1 and name = $2 and state is not null for update`,
    [spec, from],
  );
  if (row === undefined) return;
  await sql.query(
    `insert into ${own}.rotation (spec, name, state, due) values ($1, $2, $3, $4)
     on conflict (spec, name) do update set state = excluded.state, due = excluded.due, changed_in = pg_current_xact_id()`,
    [spec, to, JSON.stringify({ ...stateIn(row, from), name: to }), row["due"]],
  );
  await sql.query(
    `update ${own}.rotation set state = null, claim = null, due = 0, changed_in = pg_current_xact_id() where spec = $1 and name = $2`,
    [spec, from],
  );
  await sql.query(`delete from ${own}.told where spec = $1 and rotation = $2`, [spec, to]);
  for (const table of ["attempt", "event", "told"])
    await sql.query(`update ${own}.${table} set rotation = $3 where spec = $1 and rotation = $2`, [spec, from, to]);
}
