/** Could a mint work now? What is missing is told as the statement that gives it. */
import { invalid, RotateError } from "@rotate/plugin-kit";
import { userNameFor } from "@rotate/plugin-kit/databases";
import { onServer, type Server } from "./connect.ts";
import type { Options, Request, UserContext } from "./options.ts";
import { allTaken, membersOf, schemaOf } from "./ring.ts";

/** Changes nothing. Throws INVALID for a standby, NOT_FOUND and DENIED for what a DBA has to make or grant, CONFLICT when the ring has nobody to hand out. */
export async function checkServer(ctx: UserContext, request: Request | undefined): Promise<void> {
  refuseOpenPassword(ctx.options);
  await onServer(ctx, async (server) => {
    await refuseStandby(server);
    if (request === undefined) return;
    await refuseMissingGroup(server, request.group);
    await (ctx.options.strategy === "ring"
      ? checkRing(server, request.group)
      : checkDynamic(server, request, ctx.options));
  });
}

function refuseOpenPassword({ send, tls, host }: Options): void {
  if (send !== "password" || tls !== "disable" || host.startsWith("/")) return;
  throw invalid("send: password on a connection without TLS would show it", "set tls: verify-full");
}

async function refuseStandby({ ask }: Server): Promise<void> {
  const [row] = await ask<{ standby: boolean }>("select pg_is_in_recovery() as standby");
  if (row?.standby !== true) return;
  const hint = "let host name the primary";
  throw new RotateError("this server is a standby: no user can be made here", {
    code: "INVALID",
    retryable: true,
    hint,
  });
}

async function refuseMissingGroup({ ask, name }: Server, group: string): Promise<void> {
  if ((await ask("select from pg_roles where rolname = $1", [group])).length > 0) return;
  throw missing(`there is no role ${group}`, [`create role ${name(group)} nologin`]);
}

const functions = ["members()", "take(text, text, interval)", "lock_out(text)", "release(text, boolean)"];

async function checkRing(server: Server, group: string): Promise<void> {
  const { ask, name } = server;
  const schema = schemaOf(group);
  const [rights] = await ask<{ there: boolean; usage: boolean; execute: boolean; me: string }>(
    `select count(*) = ${functions.length} as there, coalesce(bool_and(has_schema_privilege(p.pronamespace, 'usage')), false) as usage,
     coalesce(bool_and(has_function_privilege(p.oid, 'execute')), false) as execute, current_user::text as me
     from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = $1 and p.proname in ('members', 'take', 'lock_out', 'release')`,
    [schema],
  );
  if (rights === undefined || !rights.there) {
    const where = "run what `rotate databases setup` prints, as a superuser, in this database";
    throw new RotateError(`the schema ${schema} does not hold the functions of a ring`, {
      code: "NOT_FOUND",
      retryable: false,
      hint: where,
    });
  }
  const grants = [
    ...(rights.usage ? [] : [`grant usage on schema ${name(schema)} to ${name(rights.me)}`]),
    ...(rights.execute ? [] : [`grant execute on all functions in schema ${name(schema)} to ${name(rights.me)}`]),
  ];
  if (grants.length > 0) throw denied(`${rights.me} may not use the ring of ${group}`, grants);
  const members = await membersOf(server, group);
  if (!members.some(({ free }) => free)) throw allTaken(group, { size: members.length });
}

/** From PostgreSQL 16 on, CREATEROLE alone grants nothing: it takes ADMIN on the group. */
const rightsOf = `select pg_has_role(current_user, $1, case when v >= 160000 then 'SET' else 'MEMBER' end) as become,
  (select rolcreaterole or rolsuper from pg_roles where rolname = $1) as creates,
  v < 160000 or pg_has_role($1, $2, 'MEMBER WITH ADMIN OPTION') as admin, current_user::text as me
  from (select current_setting('server_version_num')::int as v) s`;

async function checkDynamic(
  server: Server,
  { group, prefix = group }: Request,
  { setRole, user }: Options,
): Promise<void> {
  const { ask, name } = server;
  userNameFor({ prefix, leaseId: "rotate-00000000000000000", longest: 63 });
  const maker = setRole ?? user;
  if ((await ask("select from pg_roles where rolname = $1", [maker])).length === 0)
    throw missing(`there is no role ${maker}`, [`create role ${name(maker)} nologin createrole`]);
  const [rights] = await ask<{ become: boolean; creates: boolean; admin: boolean; me: string }>(rightsOf, [
    maker,
    group,
  ]);
  if (rights === undefined) return;
  const grants = [
    ...(rights.become ? [] : [`grant ${name(maker)} to ${name(rights.me)}`]),
    ...(rights.creates ? [] : [`alter role ${name(maker)} createrole`]),
    ...(rights.admin ? [] : [`grant ${name(group)} to ${name(maker)} with admin true, inherit false, set false`]),
  ];
  if (grants.length > 0) throw denied(`${maker} may not make users with the rights of ${group}`, grants);
}

function denied(message: string, statements: readonly string[]): RotateError {
  return new RotateError(message, { code: "DENIED", retryable: false, hint: toRun(statements) });
}

function missing(message: string, statements: readonly string[]): RotateError {
  return new RotateError(message, { code: "NOT_FOUND", retryable: false, hint: toRun(statements) });
}

function toRun(statements: readonly string[]): string {
  return `let a superuser run: ${statements.join("; ")}`;
}
