/**
 * A few users that the DBA made, handed out in turn by functions that run with the DBA's rights (`setup.ts`): what rotate logs in with may execute them, and nothing else.
 * The lease's mark is a comment on the role; whom to hand out is decided there, under a lock, by what the marks say.
 */
import { RotateError, type LeaseTerms } from "@rotate/plugin-kit";
import { lockOf, onServer, type Server } from "./connect.ts";
import type { Handle, UserContext } from "./options.ts";
import { stillOpen } from "./sessions.ts";
import { grace, termsFor, type Asked, type Held, type Strategy } from "./strategy.ts";

/** One of the ring's users for each lease. */
export const ring: Strategy = { mint, find, revoke, lives };

/** The schema that holds the functions of a group's ring. */
export function schemaOf(group: string): string {
  return `rotate_${group}`;
}

/** The lock of a group's ring; its functions take the same. */
export function ringLockOf(group: string): string {
  return lockOf(`ring:${group}`);
}

function call({ name }: Server, group: string, sql: string): string {
  return `select ${sql.replace("@", () => name(schemaOf(group)))}`;
}

async function mint({ request: { group, ttl }, leaseId, secret, ctx }: Asked) {
  const take = async (server: Server): Promise<string> => {
    const sql = call(server, group, "member from @.take($1, $2, $3 * interval '1 ms')");
    const [row] = await server.ask<{ member: string }>(sql, [leaseId, secret.reveal(), ttl + grace]);
    if (row === undefined) throw await noneFree(server, group);
    return row.member;
  };
  const user = await onServer(ctx, (server) => server.underLock(ringLockOf(group), () => take(server)), [secret]);
  return { user, expires: { in: ttl }, handle: { user, group, strategy: "ring" } } as const;
}

/** One row for each user of the ring. */
interface Member {
  readonly member: string;
  /** The lease's id; null when it is nobody's. */
  readonly lease: string | null;
  /** Milliseconds until the server refuses it; null when it has no end. */
  readonly left: number | null;
  readonly free: boolean;
  readonly open: boolean;
}

/** All users of a group's ring, with what their marks say. */
export async function membersOf(server: Server, group: string): Promise<readonly Member[]> {
  const left = "extract(epoch from expires - clock_timestamp())::float8 * 1000 as left";
  return server.ask<Member>(call(server, group, `member, lease, ${left}, free, open from @.members()`));
}

async function noneFree(server: Server, group: string): Promise<RotateError> {
  const members = await membersOf(server, group);
  const ends = members.flatMap(({ lease, left }) => (lease === null || left === null ? [] : [left]));
  const retryAfter = ends.length === 0 ? {} : { retryAfter: Math.max(1000, Math.min(...ends)) };
  return allTaken(group, { size: members.length, ...retryAfter });
}

/** Nobody is to be handed out now: each may be in somebody's hands. */
export function allTaken(
  group: string,
  { size, retryAfter }: { readonly size: number; readonly retryAfter?: number },
): RotateError {
  return new RotateError(`none of the ${size} users in the ring of ${group} is free`, {
    code: "CONFLICT",
    retryable: true,
    retryAfter,
    hint: "one becomes free with a revocation or at its end; where this comes back, add one more user to the ring",
  });
}

/** The lease says nothing of its group, so every ring that we may look into is asked, each under its own lock. */
async function find(leaseId: string, ctx: UserContext): Promise<LeaseTerms<Handle> | undefined> {
  return onServer(ctx, async (server) => {
    for (const { group } of await server.ask<{ group: string }>(rings)) {
      const found = await server.underLock(ringLockOf(group), () => marked(server, group, leaseId));
      if (found !== undefined) return termsFor(found.left, { user: found.member, group, strategy: "ring" });
    }
    return undefined;
  });
}

const rings = `select substr(n.nspname, 8) as group from pg_namespace n where n.nspname like 'rotate\\_%'
  and has_schema_privilege(n.oid, 'usage') and exists (select from pg_proc p where p.pronamespace = n.oid and p.proname = 'take') order by 1`;

async function marked(server: Server, group: string, leaseId: string): Promise<Member | undefined> {
  return (await membersOf(server, group)).find(({ lease }) => lease === leaseId);
}

async function lives({ id, user, group }: Held, ctx: UserContext): Promise<boolean> {
  const found = await onServer(ctx, (server) => marked(server, group, id));
  return found !== undefined && found.member === user && found.open && (found.left === null || found.left > 0);
}

/** Locked out first, in a transaction of its own; then its sessions; then the user is free for another lease. */
async function revoke({ id, user, group }: Held, ctx: UserContext): Promise<void> {
  const open = await onServer(ctx, async (server) => {
    const { ask, underLock } = server;
    const lockOut = call(server, group, "@.lock_out($1) as locked");
    const [first] = await underLock(ringLockOf(group), () => ask<{ locked: boolean }>(lockOut, [id]));
    if (first?.locked !== true) return 0;
    const release = call(server, group, "@.release($1, $2) as open");
    const end = ctx.options.sessions === "end";
    const [second] = await underLock(ringLockOf(group), () => ask<{ open: number }>(release, [id, end]));
    return second?.open ?? 0;
  });
  if (open > 0) throw stillOpen(user, open);
}
