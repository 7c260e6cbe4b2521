/** What a DBA runs once, so that rotate may come by users and by nothing else. */
import type { Options, Request } from "./options.ts";
import { ringLockOf, schemaOf } from "./ring.ts";

/** Of which spec. */
export interface SetupOf {
  readonly options: Pick<Options, "user" | "strategy" | "setRole" | "send">;
  readonly group: Request["group"];
  /** The users of the ring: at least three, the held one, one in doubt, and the next. Default: `<group>_a` to `_c`. */
  readonly members?: readonly string[];
}

/** SQL for psql, as a superuser or as the owner of the group. Roles that are there already are left out by hand. */
export function setupSql(of: SetupOf): string {
  return of.options.strategy === "ring" ? ringSql(of) : dynamicSql(of);
}

function dynamicSql({ options: { user, setRole = "rotate_admin" }, group }: SetupOf): string {
  const [admin, all] = [name(setRole), name(group)];
  return `-- ${setRole} makes and drops users with the rights of ${group}, and can so come by these rights itself.
create role ${admin} nologin createrole;
grant ${all} to ${admin} with admin true, inherit false, set false;
grant ${admin} to ${name(user)};
`;
}

/** What the functions take for a secret. */
const secretPattern = {
  verifier: "^SCRAM-SHA-256[$][0-9]{4,7}:[A-Za-z0-9+/=]{8,64}[$][A-Za-z0-9+/=]{44}:[A-Za-z0-9+/=]{44}$",
  password: "^[A-Za-z0-9_-]{32,128}$",
} as const;

function ringSql({
  options: { user, send },
  group,
  members = ["a", "b", "c"].map((end) => `${group}_${end}`),
}: SetupOf): string {
  const schema = name(schemaOf(group));
  const roles = members
    .map(
      (member) =>
        `create role ${name(member)} nologin in role ${name(group)};\nalter role ${name(member)} set role to ${name(group)};`,
    )
    .join("\n");
  return `${roles}
create schema ${schema};
${functions({ schema, members, pattern: secretPattern[send], lock: ringLockOf(group) })}
revoke all on all functions in schema ${schema} from public;
grant usage on schema ${schema} to ${name(user)};
grant execute on all functions in schema ${schema} to ${name(user)};
`;
}

interface FunctionsOf {
  readonly schema: string;
  readonly members: readonly string[];
  readonly pattern: string;
  readonly lock: string;
}

/**
 * A user is free when it bears no comment and cannot log in, or when its lease has ended. One that a DBA keeps out of the ring by a comment of another kind, or lets
 * in by hand, is never touched.
 */
function functions({ schema, members, pattern, lock }: FunctionsOf): string {
  const locked = `perform pg_advisory_xact_lock(hashtextextended(${text(lock)}, 0));`;
  const definer = "language plpgsql security definer set search_path = pg_catalog, pg_temp as $$";
  const ofLease = "select m.member into held from " + schema + ".members() m where m.lease = wanted;";
  return `create function ${schema}.members() returns table (member name, lease text, expires timestamptz, free boolean, open boolean)
language sql stable set search_path = pg_catalog, pg_temp as $$
  select r.rolname, substring(d.mark from '^rotate ring (.*)$'), r.rolvaliduntil,
    (d.mark is null and not r.rolcanlogin) or coalesce(d.mark ~ '^rotate ring ' and r.rolvaliduntil < clock_timestamp(), false), r.rolcanlogin
  from pg_roles r, lateral (select shobj_description(r.oid, 'pg_authid') as mark) d
  where r.rolname in (${members.map(text).join(", ")})
$$;
create function ${schema}.take(wanted text, secret text, life interval) returns table (member name) ${definer}
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
end $$;
create function ${schema}.lock_out(wanted text) returns boolean ${definer}
declare held name;
begin
  ${locked}
  ${ofLease}
  if held is null then return false; end if;
  execute format('alter role %I nologin password null', held);
  return true;
end $$;
create function ${schema}.release(wanted text, ending boolean) returns integer ${definer}
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
end $$;`;
}

function name(word: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(word) ? word : `"${word.replaceAll('"', '""')}"`;
}

function text(word: string): string {
  return `'${word.replaceAll("'", "''")}'`;
}
