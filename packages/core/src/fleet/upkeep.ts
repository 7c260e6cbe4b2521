/** What the owner of a shared state does now and then: room for history to come, an end for what is old, and keys that nobody needs any more. */
import { EngineError } from "../engine-error.ts";
import type { Database, Sql } from "./database.ts";
import { knownKeys, nameOfKey, type KnownKey } from "./key.ts";
import type { Rows } from "./rows.ts";

/** What was made and dropped. */
export interface UpkeepReport {
  readonly version: 1;
  /** Partitions for days to come. */
  readonly made: readonly string[];
  /** Partitions whose days are over. */
  readonly dropped: readonly string[];
  /** Rows of days without a partition of their own, and machines that were not heard of for as long. */
  readonly deleted: number;
}

const tables = ["attempt", "event"] as const;
/** Days that have a partition before they begin. */
const ahead = 14;

/** Makes partitions for the days to come, and drops history that is older. Of all specs of the schema. @param keep days */
export async function upkeep(database: Database, own: string, keep: number): Promise<UpkeepReport> {
  return database.transaction(async (sql) => {
    const made = await makeAhead(sql, own);
    const dropped = await dropOld(sql, own, keep);
    let deleted = 0;
    for (const table of tables)
      deleted += await countDeleted(sql, `delete from ${own}.${table}_rest where day < current_date - $1::int`, keep);
    deleted += await countDeleted(
      sql,
      `delete from ${own}.host where seen_at < now() - make_interval(days => $1::int)`,
      keep,
    );
    await sql.query(
      `delete from ${own}.mirror m where not exists (select from ${own}.host h where h.spec = m.spec and h.id = m.host)`,
    );
    return { version: 1, made, dropped, deleted };
  });
}

/** A day of which there is something in the default partition stays there. */
async function makeAhead({ query }: Sql, own: string): Promise<readonly string[]> {
  const days = await query(
    "select to_char(d, 'YYYY-MM-DD') as day, to_char(d + interval '1 day', 'YYYY-MM-DD') as next from generate_series(current_date + 1, current_date + $1::int, interval '1 day') d",
    [ahead],
  );
  const made: string[] = [];
  for (const table of tables)
    for (const row of days) {
      const [day, next] = [String(row["day"]), String(row["next"])];
      const name = `${table}_${day.replaceAll("-", "")}`;
      const [there] = await query(
        `select to_regclass($1) as made, exists (select from ${own}.${table}_rest where day = $2::date) as held`,
        [`${own}.${name}`, day],
      );
      if (there?.["made"] !== null || there["held"] === true) continue;
      await query(`create table ${own}.${name} partition of ${own}.${table} for values from ('${day}') to ('${next}')`);
      made.push(name);
    }
  return made;
}

async function dropOld({ query }: Sql, own: string, keep: number): Promise<readonly string[]> {
  const old = await query(
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent in (to_regclass($1), to_regclass($2)) and c.relname ~ '_[0-9]{8}$'
       and to_date(right(c.relname, 8), 'YYYYMMDD') < current_date - $3::int order by 1`,
    [`${own}.attempt`, `${own}.event`, keep],
  );
  const names = old.map(({ name }) => String(name));
  for (const name of names) await query(`drop table ${own}.${name}`);
  return names;
}

async function countDeleted({ query }: Sql, text: string, keep: number): Promise<number> {
  const [row] = await query(`with gone as (${text} returning 1) select count(*)::int as n from gone`, [keep]);
  return Number(row?.["n"] ?? 0);
}

/** A key of the fingerprints, and how many rotations are written with it. */
export interface KeyReport {
  /** Tells it from others, and nothing of it. */
  readonly check: string;
  readonly since: string;
  /** It is the one that is written with now. */
  readonly current: boolean;
  readonly rotations: number;
}

/** The keys that a state was written with. */
export async function keysOf(sql: Sql, rows: Rows): Promise<readonly KeyReport[]> {
  const known = await knownKeys(sql, rows);
  return Promise.all(known.map(async (key, at) => ({ ...(await usesOf(sql, rows, key)), current: at === 0 })));
}

async function usesOf(
  { query }: Sql,
  { schemas: { own }, spec }: Rows,
  { check, since }: KnownKey,
): Promise<Omit<KeyReport, "current">> {
  const [row] = await query(
    `select count(*)::int as n from ${own}.rotation where spec = $1 and state is not null and state::text ~ $2`,
    [spec, `"[0-9a-f]{32}${nameOfKey(check)}"`],
  );
  return { check, since: since.toISOString(), rotations: Number(row?.["n"] ?? 0) };
}

/** Drops the keys that nothing is written with any more; gives those that stay. Throws EngineError `ROTATE_STATE_KEY` when an old one is still needed. */
export async function dropKeys(sql: Sql, rows: Rows): Promise<readonly KeyReport[]> {
  const known = await keysOf(sql, rows);
  const needed = known.filter(({ current, rotations }) => !current && rotations > 0);
  const unused = known.filter(({ current, rotations }) => !current && rotations === 0);
  await sql.query(`delete from ${rows.schemas.own}.key where spec = $1 and check_value = any ($2::text[])`, [
    rows.spec,
    unused.map(({ check }) => check),
  ]);
  const [first] = needed;
  if (first === undefined) return known.filter((key) => !unused.includes(key));
  throw new EngineError(`${first.rotations} rotations are still written with the key ${first.check}`, {
    code: "ROTATE_STATE_KEY",
    exitCode: 6,
    hint: "each is written with the new one when it is rotated next; keep the old key in `state.key` on every host until then",
  });
}
