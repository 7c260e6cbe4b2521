/** What a DBA runs once for the user that rotate logs in with, whose password is set beside. */

/** Of which spec. */
export interface MysqlSetup {
  readonly user: string;
  readonly events?: string;
  /** With `dynamic`: the role that users get. */
  readonly role?: string;
  /** With `retain`: the user whose password is rotated, which is there. */
  readonly account?: string;
  readonly sessions?: "wait" | "end";
}

/** Statements for MySQL. */
export function mysqlSetup({ user, events, role, account, sessions = "wait" }: MysqlSetup): readonly string[] {
  const who = `'${user}'@'%'`;
  return [
    `grant create user, process on *.* to ${who}`,
    ...(sessions === "end" ? [`grant connection_admin on *.* to ${who}`] : []),
    ...(role === undefined ? [] : [`grant ${name(role)} to ${who} with admin option`]),
    ...(events === undefined ? [] : [`grant event on ${name(events)}.* to ${who}`]),
    ...(account === undefined ? [] : [`alter user '${account}'@'%' attribute '{"rotate":{"primary":null}}'`]),
  ];
}

/** Statements for MariaDB. Who may create users there can take over any. */
export function mariadbSetup({
  user,
  events,
  grants,
  sessions = "wait",
}: Omit<MysqlSetup, "role" | "account"> & { readonly grants: readonly string[] }): readonly string[] {
  const who = `'${user}'@'%'`;
  return [
    `grant create user, process on *.* to ${who}`,
    ...(sessions === "end" ? [`grant connection admin on *.* to ${who}`] : []),
    ...grants.map((grant) => `grant ${grant} to ${who} with grant option`),
    ...(events === undefined ? [] : [`grant event on ${name(events)}.* to ${who}`]),
  ];
}

function name(word: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(word) ? word : `\`${word.replaceAll("`", "``")}\``;
}
