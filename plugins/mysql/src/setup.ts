/** What a DBA runs once for the user that rotate logs in with, whose password is set beside. */
import type { Infer, IssuerSetup } from "@rotate/plugin-kit";
import type { mariadbOptions, mariadbRequest, mysqlOptions, mysqlRequest, Options } from "./options.ts";

type Server = Pick<Options, "host" | "port" | "user" | "events" | "sessions">;
type MysqlServer = Server & Pick<Infer<typeof mysqlOptions>, "strategy">;

/** Statements for MySQL. What gives rights twice gives them once, so it may be run again. */
export function mysqlSetup(options: MysqlServer, requests: readonly Infer<typeof mysqlRequest>[]): IssuerSetup {
  const isDynamic = options.strategy === "dynamic";
  const who = accountOf(options);
  const roles = isDynamic ? each(requests.flatMap(({ role }) => role ?? [])) : [];
  const accounts = isDynamic ? [] : each(requests.flatMap(({ account }) => account ?? []));
  return {
    place: placeOf(options),
    language: "sql",
    notes: [
      ownNote(options),
      ...roles.map((role) => `Users have the role ${role}, which has to be there: create role ${name(role)};`),
      ...accounts.map(unusedNote),
    ],
    statements: [
      `grant create user, process on *.* to ${who};`,
      ...(options.sessions === "end" ? [`grant connection_admin on *.* to ${who};`] : []),
      ...roles.map((role) => `grant ${name(role)} to ${who} with admin option;`),
      ...(isDynamic ? eventRights(options, "set persist event_scheduler = on;") : []),
    ],
  };
}

/** What is said of a password that was there before rotate: unless a DBA knows better, it is taken to be in use. */
function unusedNote(account: string): string {
  return `The present password of ${account} is taken to be in use and is retained until somebody discards it. When nobody uses it: alter user ${text(account)}@'%' attribute '{"rotate":{"primary":null}}';`;
}

/** Statements for MariaDB. Who may create users there can take over any. */
export function mariadbSetup(
  options: Server & Pick<Infer<typeof mariadbOptions>, "prefix">,
  requests: readonly Pick<Infer<typeof mariadbRequest>, "grants">[],
): IssuerSetup {
  const who = accountOf(options);
  return {
    place: placeOf(options),
    language: "sql",
    notes: [
      ownNote(options),
      ...(options.events === undefined ? [] : ["Set event_scheduler = on in the server's configuration too."]),
    ],
    statements: [
      `grant create user, process on *.* to ${who};`,
      ...(options.sessions === "end" ? [`grant connection admin on *.* to ${who};`] : []),
      ...each(requests.flatMap(({ grants }) => grants)).map((grant) => `grant ${grant} to ${who} with grant option;`),
      ...eventRights(options, "set global event_scheduler = on;"),
    ],
  };
}

function eventRights({ events, ...options }: Server, scheduler: string): readonly string[] {
  return events === undefined ? [] : [`grant event on ${name(events)}.* to ${accountOf(options)};`, scheduler];
}

function placeOf({ host, port }: Pick<Server, "host" | "port">): string {
  return `${host.startsWith("/") ? host : `${host}:${port}`}, as an administrator`;
}

function ownNote({ user }: Pick<Server, "user">): string {
  return `rotate logs in as ${user}, which has to be there: create user ${text(user)}@'%' identified by …;`;
}

function accountOf({ user }: Pick<Server, "user">): string {
  return `${text(user)}@'%'`;
}

function each(words: readonly string[]): readonly string[] {
  return [...new Set(words)];
}

function text(word: string): string {
  return `'${word.replaceAll(/['\\]/g, (mark) => `\\${mark}`)}'`;
}

function name(word: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(word) ? word : `\`${word.replaceAll("`", "``")}\``;
}
