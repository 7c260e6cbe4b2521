/** Could a mint work now? What is missing is told as the statements that give it. */
import { invalid, RotateError } from "@rotate/plugin-kit";
import { onServer, type Server } from "./connect.ts";
import type { UserContext } from "./options.ts";

/** One right of rotate's own user. */
export interface Right {
  /** As the server lists it: `CREATE USER`. */
  readonly name: string;
  /** The database; absent: on everything. */
  readonly database?: string;
  /** It has to be passed on. */
  readonly grantable?: true;
}

/** What a mint and its revocation need, beside what all need. */
export interface Needs {
  /** The right to end the connections of others, as this server calls it. */
  readonly ender: "CONNECTION_ADMIN" | "CONNECTION ADMIN";
  readonly rights: readonly Right[];
  /** A role that is to be granted. */
  readonly role?: string;
}

/** Changes nothing. Throws INVALID for a server that is only read or lets no event run, DENIED with the GRANTs that are missing. */
export async function checkServer(ctx: UserContext, { ender, rights, role }: Needs): Promise<void> {
  const { send, tls, host, events, sessions, user } = ctx.options;
  if (send === "password" && tls === "disable" && !host.startsWith("/"))
    throw invalid("send: password on a connection without TLS would show it", "set tls: verify-full");
  await onServer(ctx, async (server) => {
    await refuseReader(server);
    if (events !== undefined) await refuseStandstill(server);
    const asked: readonly Right[] = [
      { name: "CREATE USER" },
      { name: "PROCESS" },
      ...(sessions === "end" ? [{ name: ender }] : []),
      ...(events === undefined ? [] : [{ name: "EVENT", database: events }]),
      ...rights,
    ];
    const missing = [...(await lackingOf(server, asked)), ...(await lackingRole(server, role))];
    if (missing.length > 0) throw denied(user, missing);
  });
}

async function refuseReader({ ask }: Server): Promise<void> {
  const [row] = await ask<{ reader: number }>("select @@global.read_only as reader");
  if (row === undefined || row.reader === 0) return;
  const hint = "let host name the one that is written to";
  throw new RotateError("this server is read-only: no user can be made here", {
    code: "INVALID",
    retryable: true,
    hint,
  });
}

async function refuseStandstill({ ask }: Server): Promise<void> {
  const [row] = await ask<{ scheduler: string }>("select @@global.event_scheduler as scheduler");
  if (row?.scheduler === "ON") return;
  throw invalid(
    "the server runs no events, so nothing would end a user",
    "set global event_scheduler = on, also in its configuration, or take events out",
  );
}

/** A row of information_schema; every user sees its own. */
interface Held {
  readonly name: string;
  readonly database: string | null;
  readonly grantable: string;
}

const ownRights = `select privilege_type as name, null as \`database\`, is_grantable as grantable from information_schema.user_privileges where grantee = @me
  union all select privilege_type, table_schema, is_grantable from information_schema.schema_privileges where grantee = @me`;

async function lackingOf({ ask, name }: Server, asked: readonly Right[]): Promise<readonly string[]> {
  await ask("set @me = concat('''', replace(current_user(), '@', '''@'''), '''')");
  const held = await ask<Held>(ownRights);
  const me = await ownName(ask);
  return asked
    .filter((right) => !held.some((one) => gives(one, right)))
    .map(({ name: right, database, grantable }) => {
      const on = database === undefined ? "*.*" : `${name(database)}.*`;
      return `grant ${right.toLowerCase()} on ${on} to ${me}${grantable === true ? " with grant option" : ""}`;
    });
}

function gives(held: Held, { name, database, grantable }: Right): boolean {
  const same = held.name.toUpperCase() === name.toUpperCase();
  const reaches = held.database === null || (database !== undefined && held.database.replaceAll("\\", "") === database);
  return same && reaches && (grantable !== true || held.grantable === "YES");
}

async function lackingRole({ ask, name }: Server, role: string | undefined): Promise<readonly string[]> {
  if (role === undefined) return [];
  const [row] = await ask<{ grantable: string }>(
    "select is_grantable as grantable from information_schema.applicable_roles where role_name = ? and is_grantable = 'YES'",
    [role],
  );
  if (row !== undefined) return [];
  const me = await ownName(ask);
  return [`grant ${name(role)} to ${me} with admin option`];
}

async function ownName(ask: Server["ask"]): Promise<string> {
  const [row] = await ask<{ me: string }>("select @me as me");
  return row?.me ?? "";
}

function denied(user: string, statements: readonly string[]): RotateError {
  return new RotateError(`${user} may not make users with these rights`, {
    code: "DENIED",
    retryable: false,
    hint: `let an administrator run: ${statements.join("; ")}`,
  });
}
