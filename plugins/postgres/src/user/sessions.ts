import { RotateError } from "@rotate/plugin-kit";
import type { Server } from "./connect.ts";

/** Ends the user's sessions and waits until they are gone. A creator has ADMIN on the role and not its rights, which ending takes: it grants them to itself. */
export async function endSessions(
  { ask, name }: Server,
  { user, mayNeedGrant }: { readonly user: string; readonly mayNeedGrant: boolean },
): Promise<void> {
  const open = "select from pg_stat_activity where usename = $1";
  if ((await ask(open, [user])).length === 0) return;
  if (mayNeedGrant) await ask(`grant ${name(user)} to current_user with inherit true`);
  await ask("select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = $1", [user]);
  await ask("select pg_stat_clear_snapshot()");
}

/** Throws CONFLICT, to be tried again, while the user has sessions: they outlive the role with all its rights. */
export async function refuseOpen({ ask }: Server, user: string): Promise<void> {
  const [row] = await ask<{ open: number }>("select count(*)::int as open from pg_stat_activity where usename = $1", [
    user,
  ]);
  if (row !== undefined && row.open > 0) throw stillOpen(user, row.open);
}

/** The user is locked out, and its sessions go on. */
export function stillOpen(user: string, open: number): RotateError {
  return new RotateError(`${open} ${open === 1 ? "session" : "sessions"} of ${user} still open`, {
    code: "CONFLICT",
    retryable: true,
    hint: "nobody can log in as it any more; let the consumer close its connections, or set sessions: end",
  });
}
