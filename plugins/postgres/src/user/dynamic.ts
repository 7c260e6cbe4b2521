/** Users that are made and dropped. The lease's mark is a comment on the role, which all may read. */
import { RotateError, type LeaseTerms, type Secret } from "@rotate/plugin-kit";
import { userNameFor } from "@rotate/plugin-kit/databases";
import { lockOf, onServer, type Server } from "./connect.ts";
import type { Handle, UserContext } from "./options.ts";
import { endSessions, refuseOpen } from "./sessions.ts";
import { grace, termsFor, type Asked, type Held, type Strategy } from "./strategy.ts";

const longest = 63;

/** One user for each lease: made in one transaction, dropped at the revocation. */
export const dynamic: Strategy = { mint, find, revoke, lives };

function markOf(leaseId: string): string {
  return `rotate ${leaseId}`;
}

async function mint({ request, leaseId, secret, ctx }: Asked): Promise<{ user: string } & LeaseTerms<Handle>> {
  const { group, ttl, prefix = group } = request;
  const user = userNameFor({ prefix, leaseId, longest });
  const make = async (server: Server): Promise<void> => {
    await server.underLock(lockOf(leaseId), () => create(server, { user, group, mark: markOf(leaseId), ttl, secret }));
    await sweep(server, group, ctx);
  };
  await onServer(ctx, make, [secret]);
  return { user, expires: { in: ttl }, handle: { user, group, strategy: "dynamic" } };
}

interface NewUser {
  readonly user: string;
  readonly group: string;
  readonly mark: string;
  readonly ttl: number;
  /** The verifier, or the password. */
  readonly secret: Secret;
}

async function create({ ask, name, text }: Server, { user, group, mark, ttl, secret }: NewUser): Promise<void> {
  const until = "select (clock_timestamp() + $1 * interval '1 ms')::text as until";
  const [row] = await ask<{ until: string }>(until, [ttl + grace]);
  const [role, all] = [name(user), name(group)];
  await ask(
    `create role ${role} login password ${text(secret.reveal())} valid until ${text(row?.until ?? "")} in role ${all}`,
  );
  // What the user makes belongs to the group, so that dropping the user needs no cleaning up.
  await ask(`alter role ${role} set role to ${all}`);
  await ask(`comment on role ${role} is ${text(mark)}`);
}

/** Of users that ended long ago and were never revoked, since nothing showed that their successor was adopted: some with each mint. */
const ended = `select r.rolname as user from pg_roles r join pg_auth_members m on m.member = r.oid
  where m.roleid = to_regrole($1) and shobj_description(r.oid, 'pg_authid') ~ '^rotate rotate-'
  and r.rolvaliduntil < clock_timestamp() - interval '1 hour'
  and not exists (select from pg_stat_activity a where a.usesysid = r.oid) order by r.rolvaliduntil limit 5`;

async function sweep({ ask, name, underLock }: Server, group: string, { log }: UserContext): Promise<void> {
  try {
    const found = await ask<{ user: string }>(ended, [name(group)]);
    for (const { user } of found) await underLock(lockOf(user), () => ask(`drop role if exists ${name(user)}`));
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : "the connection broke";
    log.warn("users that ended long ago could not be dropped: the server's log says why", { group, reason });
  }
}

const byMark = `select rolname as user, rolcanlogin as open, extract(epoch from rolvaliduntil - clock_timestamp())::float8 * 1000 as left,
  (select g.rolname from pg_auth_members m join pg_roles g on g.oid = m.roleid where m.member = r.oid limit 1) as group
  from pg_roles r where shobj_description(r.oid, 'pg_authid') = $1`;

interface Marked {
  readonly user: string;
  readonly open: boolean;
  /** Milliseconds; null when somebody took its end away. */
  readonly left: number | null;
  readonly group: string | null;
}

async function marked({ ask }: Server, leaseId: string): Promise<Marked | undefined> {
  const [row] = await ask<Marked>(byMark, [markOf(leaseId)]);
  return row;
}

async function find(leaseId: string, ctx: UserContext): Promise<LeaseTerms<Handle> | undefined> {
  const row = await onServer(ctx, (server) => server.underLock(lockOf(leaseId), () => marked(server, leaseId)));
  if (row === undefined) return undefined;
  const { user, group, left } = row;
  return termsFor(left, { user, group: group ?? "", strategy: "dynamic" });
}

async function lives({ id, user }: Held, ctx: UserContext): Promise<boolean> {
  const row = await onServer(ctx, (server) => marked(server, id));
  return row !== undefined && row.user === user && row.open && (row.left === null || row.left > 0);
}

/** Locked out first, then its sessions, then dropped: each step stands by itself, and the next try goes on from there. */
async function revoke({ id, user, group }: Held, ctx: UserContext): Promise<void> {
  await onServer(ctx, async (server) => {
    const { name, ask, underLock } = server;
    const lockOut = async (): Promise<boolean> => {
      if (!(await isOurs(server, { id, user }))) return false;
      await ask(`alter role ${name(user)} nologin`);
      return true;
    };
    if (!(await underLock(lockOf(id), lockOut))) return;
    await underLock(lockOf(id), async () => {
      if (!(await isOurs(server, { id, user }))) return;
      if (ctx.options.sessions === "end") await endSessions(server, { user, mayNeedGrant: true });
      await refuseOpen(server, user);
      await ask(`drop role ${name(user)}`);
    });
  });
  ctx.log.debug("the user is dropped", { user, group });
}

/** False: it is gone. Throws CONFLICT when the role is there and does not bear the lease's mark: then it is somebody else's by now. */
async function isOurs({ ask }: Server, { id, user }: { readonly id: string; readonly user: string }): Promise<boolean> {
  const sql = "select shobj_description(oid, 'pg_authid') as mark from pg_roles where rolname = $1";
  const [row] = await ask<{ mark: string | null }>(sql, [user]);
  if (row === undefined) return false;
  if (row.mark === markOf(id)) return true;
  throw new RotateError(`the role ${user} does not bear the mark of this lease any more`, {
    code: "CONFLICT",
    retryable: false,
    hint: `somebody changed its comment: drop the role by hand, or put the mark back with: comment on role "${user}" is '${markOf(id)}'`,
  });
}
