/** What a DBA runs once, so that rotate may come by users and by nothing else. */
import type { IssuerSetup } from "@rotate/plugin-kit";
import type { Options, Request } from "./options.ts";
import { ringLockOf, schemaOf } from "./ring.ts";

type SetupOptions = Pick<Options, "host" | "port" | "database" | "user" | "strategy" | "setRole" | "send">;
/** How many rotations have users with the rights of each group. */
type Groups = ReadonlyMap<string, number>;

/** SQL for psql, as a superuser. Run again it changes nothing; psql then says of roles that they are there. */
export function setupOf(options: SetupOptions, requests: readonly Pick<Request, "group">[]): IssuerSetup {
  const { host, port, database, user, strategy } = options;
  const groups: Groups = new Map(
    [...Map.groupBy(requests, ({ group }) => group)].map(([group, all]) => [group, all.length]),
  );
  const server = host.startsWith("/") ? `the socket in ${host}` : `${host}:${port}`;
  return {
    place: `${server}, database ${database}, as a superuser`,
    language: "sql",
    notes: [
      `rotate logs in as ${user}, which has to be there: create role ${name(user)} login; its password is set in psql, with \\password ${name(user)}`,
      ...[...groups.keys()].map((group) => groupNote(group)),
    ],
    statements: strategy === "ring" ? ringStatements(options, groups) : dynamicStatements(options, groups),
  };
}

function groupNote(group: string): string {
  return `Users have the rights of ${group}, which has to be there (create role ${name(group)} nologin;), and pg_hba.conf has to let them in: host all +${group} …`;
}

function dynamicStatements({ user, setRole }: SetupOptions, groups: Groups): readonly string[] {
  const maker = name(setRole ?? user);
  return [
    ...(setRole === undefined ? [`alter role ${maker} createrole;`] : [`create role ${maker} nologin createrole;`]),
    ...[...groups.keys()].map((group) => `grant ${name(group)} to ${maker} with admin true, inherit false, set false;`),
    ...(setRole === undefined ? [] : [`grant ${maker} to ${name(user)};`]),
  ];
}

/** What the functions take for a secret. */
const secretPattern = {
  verifier: "^SCRAM-SHA-256[$][0-9]{4,7}:[A-Za-z0-9+/=]{8,64}[$][A-Za-z0-9+/=]{44}:[A-Za-z0-9+/=]{44}$",
  password: "^[A-Za-z0-9_-]{32,128}$",
} as const;

function ringStatements({ user, send }: SetupOptions, groups: Groups): readonly string[] {
  return [...groups].flatMap(([group, rotations]) => {
    const schema = name(schemaOf(group));
    const members = membersFor(group, rotations);
    return [
      ...members.flatMap((member) => [
        `create role ${name(member)} nologin in role ${name(group)};`,
        `alter role ${name(member)} set role to ${name(group)};`,
      ]),
      `create schema if not exists ${schema};`,
      ...functions({ schema, members, pattern: secretPattern[send], lock: ringLockOf(group), quote: quoteFor(group) }),
      `revoke all on all functions in schema ${schema} from public;`,
      `grant usage on schema ${schema} to ${name(user)};`,
      `grant execute on all functions in schema ${schema} to ${name(user)};`,
    ];
  });
}

/** Two for each rotation, the held one and the next, and one that may be in doubt. */
function membersFor(group: string, rotations: number): readonly string[] {
  return Array.from({ length: 2 * rotations + 1 }, (_, index) => `${group}_${letters(index)}`);
}

/** a to z, then ba and on. */
function letters(index: number): string {
  const last = String.fromCodePoint(97 + (index % 26));
  return index < 26 ? last : letters(Math.floor(index / 26)) + last;
}

interface FunctionsOf {
  readonly schema: string;
  readonly members: readonly string[];
  readonly pattern: string;
  readonly lock: string;
  /** What stands around a body. */
  readonly quote: string;
}

/** Longer than the group's name, so that nothing in a body ends it. */
function quoteFor(group: string): string {
  return `$${"x".repeat(group.includes("$") ? group.length : 0)}$`;
}

/**
 * A user is free when it bears no comment and cannot log in, or when its lease has ended. One that a DBA keeps out of the ring by a comment of another kind, or lets
 * in by hand, is never touched.
 */
function functions({ schema, members, pattern, lock, quote }: FunctionsOf): readonly string[] {
  const locked = `perform pg_advisory_xact_lock(hashtextextended(${text(lock)}, 0));`;
  const definer = "language plpgsql security definer set search_path = pg_catalog, pg_temp as " + quote;
  const ofLease = "select m.member into held from " + schema + ".members() m where m.lease = wanted;";
  return [
    `create or replace function ${schema}.members() returns table (member name, lease text, expires timestamptz, free boolean, open boolean)
language sql stable set search_path = pg_catalog, pg_temp as ${quote}
  select r.rolname, substring(d.mark from '^rotate ring (.*)$'), r.rolvaliduntil,
    (d.mark is null and not r.rolcanlogin) or coalesce(d.mark ~ '^rotate ring ' and r.rolvaliduntil < clock_timestamp(), false), r.rolcanlogin
  from pg_roles r, lateral (select shobj_description(r.oid, 'pg_authid') as mark) d
  where r.rolname in (${members.map(text).join(", ")})
${quote};`,
    `create or replace function ${schema}.take(wanted text, secret text, life interval) returns table (member name) ${definer}
#variable_conflict use_column
declare chosen name;
begin
  if wanted !~ '^[a-z0-9-]{8,40}$' then raise exception 'this is no id of a lease' using errcode = '22023'; end if;
  if secret !~ ${text(pattern)} then raise exception 'the secret has another form than this ring takes' using errcode = '22023'; end if;
  if life not between interval '1 minute' and interval '32 days' then raise exception 'the life is out of bounds' using errcode = '22023'; end if;
  ${locked}
  select m.member into chosen from ${schema}.members() m where m.free order by m.expires nulls first, m.member limit 1;
  if not found then return; end if;
  execute format('alter role %I login password %L valid until %L', chosen, secret, clock_timestamp() + life);
  execute format('comment on role %I is %L', chosen, 'rotate ring ' || wanted);
  return query select chosen;
end ${quote};`,
    `create or replace function ${schema}.lock_out(wanted text) returns boolean ${definer}
declare held name;
begin
  ${locked}
  ${ofLease}
  if held is null then return false; end if;
  execute format('alter role %I nologin password null', held);
  return true;
end ${quote};`,
    `create or replace function ${schema}.release(wanted text, ending boolean) returns integer ${definer}
declare held name; still integer;
begin
  ${locked}
  ${ofLease}
  if held is null then return 0; end if;
  execute format('alter role %I nologin password null', held);
  if ending then
    perform pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = held;
    perform pg_stat_clear_snapshot();
  end if;
  select count(*) into still from pg_stat_activity where usename = held;
  if still = 0 then execute format('comment on role %I is null', held); end if;
  return still;
end ${quote};`,
  ];
}

function name(word: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(word) ? word : `"${word.replaceAll('"', '""')}"`;
}

function text(word: string): string {
  return `'${word.replaceAll("'", "''")}'`;
}
