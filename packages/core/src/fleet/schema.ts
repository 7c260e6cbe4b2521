/** The tables of the shared state. */
import { EngineError } from "../engine-error.ts";
import type { Database, Sql } from "./database.ts";
import { notPrepared } from "./database-error.ts";

/** What the tables look like; raised with every change of them. */
export const layout = 2;

/** The schemas of one state: ours, and pg-boss's beside it, so that another team may run another version of it. */
export interface Schemas {
  readonly own: string;
  readonly boss: string;
}

/** @param name as the spec says it: `[a-z_][a-z0-9_]*` */
export function schemasOf(name: string): Schemas {
  return { own: name, boss: `${name}_boss` };
}

/**
 * `due` is rotation time in ms: 0 at once, Infinity not by itself. `changed_in` is the transaction that last wrote the state: with a snapshot it tells exactly what
 * others have written since. `timeline`: of the server when the row was last taken. A state is plain JSON as text: jsonb refuses what a message of a plugin may hold (U+0000).
 */
export function tablesOf({ own }: Schemas): string {
  return `
create schema if not exists ${own};
create table if not exists ${own}.meta (key text primary key, value text not null);
create table if not exists ${own}.key (spec text, nth integer, check_value text not null, since timestamptz not null default now(), primary key (spec, nth));
create table if not exists ${own}.spec (name text primary key, generation integer not null, hash text not null, by text not null, published_at timestamptz not null default now());
create table if not exists ${own}.spec_hash (spec text, hash text, generation integer not null, primary key (spec, hash));
create table if not exists ${own}.rotation (
  spec text, name text collate "C", claim uuid, holder text, claimed_at timestamptz, due double precision not null default 0,
  state json, changed_in xid8 not null default pg_current_xact_id(), primary key (spec, name)
) with (fillfactor = 50);
alter table ${own}.rotation add column if not exists timeline text;
create index if not exists rotation_changed on ${own}.rotation (spec, changed_in);
${historyOf(own)}
create table if not exists ${own}.told (spec text, rotation text collate "C", mark json not null, primary key (spec, rotation));
create table if not exists ${own}.note (spec text, key text, value json not null, primary key (spec, key));
create table if not exists ${own}.host (spec text, id text, name text not null, version text not null, spec_hash text, seen_at timestamptz not null default now(), primary key (spec, id));
alter table ${own}.host add column if not exists labels text[] not null default '{}', add column if not exists watches boolean not null default false,
  add column if not exists cannot_serve text, add column if not exists slot integer generated always as identity;
create table if not exists ${own}.mirror (spec text, host text, rotation text collate "C", status json not null, primary key (spec, host, rotation));
insert into ${own}.key (spec, nth, check_value) select substring(key from 5), 1, value from ${own}.meta where key like 'key %' on conflict do nothing;
delete from ${own}.meta where key like 'key %';
insert into ${own}.meta (key, value) values ('layout', '${layout}') on conflict (key) do update set value = excluded.value;
insert into ${own}.meta (key, value) select 'system', system_identifier::text from pg_control_system() on conflict (key) do nothing;
`;
}

/** What was tried and what happened, a partition for each day: \`rotate state upkeep\` makes those to come and drops the old. What has none is in the default one. */
function historyOf(own: string): string {
  return ["attempt", "event"]
    .map((table) => {
      const columns =
        table === "attempt"
          ? `id text not null, rotation text collate "C" not null, started_at text collate "C" not null, outcome text not null, report json not null`
          : `rotation text collate "C" not null, at text collate "C" not null, event json not null`;
      const at = table === "attempt" ? "started_at" : "at";
      return `
do $$ begin
  if (select relkind from pg_class where oid = to_regclass('${own}.${table}')) = 'r' then
    alter table ${own}.${table} rename to ${table}_before;
    drop index if exists ${own}.${table}_by_time, ${own}.${table}_by_spec, ${own}.${table}_by_rotation;
  end if;
end $$;
create table if not exists ${own}.${table} (
  nth bigint generated always as identity, day date not null, spec text not null, ${columns}, primary key (day, nth)
) partition by range (day);
create table if not exists ${own}.${table}_rest partition of ${own}.${table} default;
create index if not exists ${table}_by_time on ${own}.${table} (spec, ${at}, nth);
create index if not exists ${table}_by_rotation on ${own}.${table} (spec, rotation, ${at}, nth);
do $$ begin
  if to_regclass('${own}.${table}_before') is not null then
    insert into ${own}.${table} (day, spec, ${namesIn(columns)}) select left(${at}, 10)::date, spec, ${namesIn(columns)} from ${own}.${table}_before order by nth;
    drop table ${own}.${table}_before;
  end if;
end $$;`;
    })
    .join("\n")
    .concat(`\ncreate unique index if not exists attempt_by_id on ${own}.attempt (spec, id, day);`);
}

function namesIn(columns: string): string {
  return columns
    .split(", ")
    .map((column) => column.split(" ")[0])
    .join(", ");
}

/** What is known of the state as a whole, by key. Throws EngineError `ROTATE_STATE_UNPREPARED` where there is none, or one that this rotate does not know. */
export async function readMeta(database: Database, schemas: Schemas): Promise<ReadonlyMap<string, string>> {
  const meta = await refuseNewer(database, schemas);
  if (Number(meta.get("layout")) !== layout) throw notPrepared(database.place);
  return meta;
}

/** The same, also of tables that an earlier rotate has made. */
export async function refuseNewer({ query, place }: Database, { own }: Schemas): Promise<ReadonlyMap<string, string>> {
  const rows = await query(`select key, value from ${own}.meta`);
  const meta = new Map(rows.map(({ key, value }) => [String(key), String(value)]));
  const known = Number(meta.get("layout") ?? NaN);
  if (known > layout)
    throw new EngineError(
      `the state in ${place} was prepared by a newer rotate (layout ${known}, this one knows ${layout})`,
      {
        code: "ROTATE_STATE_NEWER",
        exitCode: 6,
        hint: "upgrade rotate on this host",
      },
    );
  return meta;
}

/** Under which key of `meta` the server that a spec's rotations live on is noted; without one it is that of the tables. */
export function systemOf(spec: string): string {
  return `system ${spec}`;
}

/** Refuses a database that was restored or copied elsewhere: what lives of it another one still works on. */
export async function refuseCopy(
  { query, place }: Database,
  meta: ReadonlyMap<string, string>,
  spec: string,
): Promise<void> {
  const [row] = await query("select system_identifier::text as id from pg_control_system()");
  if (row?.["id"] === (meta.get(systemOf(spec)) ?? meta.get("system"))) return;
  throw new EngineError(`the state in ${place} came from another database server`, {
    code: "ROTATE_STATE_COPIED",
    exitCode: 6,
    hint: "was it moved for good, and is the old server off? `rotate state adopt --moved`. Is it a copy beside the old one? `rotate state adopt --copy`: its leases are then left to the other",
  });
}

/** One at a time, over all processes of one state, until the transaction ends. */
export async function lockFor({ query }: Sql, { own }: Schemas, subject: string): Promise<void> {
  await query("select pg_advisory_xact_lock(hashtextextended($1, 0))", [`${own} ${subject}`]);
}

/** Statements that give roles what they need of both schemas. */
export function grantsOf(
  { own, boss }: Schemas,
  { worker, reader }: { readonly worker?: string | undefined; readonly reader?: string | undefined },
): string {
  return [
    ...(worker === undefined ? [] : workerGrants(own, boss, quoted(worker))),
    ...(reader === undefined ? [] : readerGrants(own, boss, quoted(reader))),
  ].join(";\n");
}

function workerGrants(own: string, boss: string, role: string): readonly string[] {
  return [
    `grant usage on schema ${own}, ${boss} to ${role}`,
    `grant select on ${own}.meta to ${role}`,
    `grant select, insert on ${own}.key to ${role}`,
    `grant select, insert, update on ${own}.spec, ${own}.spec_hash, ${own}.rotation to ${role}`,
    `grant select, insert, update, delete on ${own}.host, ${own}.attempt, ${own}.event, ${own}.told, ${own}.note, ${own}.mirror to ${role}`,
    `grant select, insert, update, delete on ${boss}.job, ${boss}.job_common to ${role}`,
    `grant select on ${boss}.queue, ${boss}.version to ${role}`,
  ];
}

function readerGrants(own: string, boss: string, role: string): readonly string[] {
  return [
    `grant usage on schema ${own}, ${boss} to ${role}`,
    `grant select on all tables in schema ${own} to ${role}`,
    `grant select on ${boss}.job, ${boss}.job_common, ${boss}.queue, ${boss}.version to ${role}`,
  ];
}

function quoted(role: string): string {
  return `"${role.replaceAll('"', '""')}"`;
}
