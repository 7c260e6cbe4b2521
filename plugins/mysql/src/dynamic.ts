/** Users that are made and dropped. Neither server has transactions for them: each statement stands by itself, and `find` sees halves. */
import { invalid, isRotateError, RotateError, withDetails, type LeaseTerms } from "@rotate/plugin-kit";
import { userNameFor } from "@rotate/plugin-kit/databases";
import { onServer, type Server } from "./connect.ts";
import { gone, type Flavour, type Proof } from "./flavours.ts";
import type { Handle, Held, UserContext } from "./options.ts";

/** A mint of a user with these rights. */
export interface Asked {
  readonly leaseId: string;
  readonly prefix: string;
  /** The longest name, bytes. */
  readonly longest: number;
  readonly ttl: number | undefined;
  readonly proof: Proof;
  /** What gives the user its rights. @param account `'app_x'@'%'` */
  readonly rights: (account: string) => readonly string[];
}

/** The server drops the user so much later than we say, so that it never ends before its lease. ms */
const grace = 5000;
const day = 86_400_000;

/** The life of a user: none without an event that ends it. Throws INVALID when the spec asks for one all the same. */
export function lifeOf(ttl: number | undefined, { events }: UserContext["options"]): number | undefined {
  if (events !== undefined) return ttl ?? day;
  if (ttl === undefined) return undefined;
  throw invalid(
    "ttl asks for a life, and nothing ends a user here",
    "name a database for events, or take ttl out and set refresh",
  );
}

function accountOf({ text }: Pick<Server, "text">, { user, from }: Pick<Handle, "user" | "from">): string {
  return `${text(user)}@${text(from)}`;
}

function eventOf({ name }: Pick<Server, "name">, { user, events }: Handle): string | undefined {
  return events === undefined ? undefined : `${name(events)}.${name(`rotate_${user}`)}`;
}

/** Makes the user, which cannot log in until all of it is there. What was made is dropped again when the server says no. */
export async function mint(asked: Asked, ctx: UserContext, flavour: Flavour) {
  const { leaseId, prefix, longest, ttl, proof } = asked;
  const { from, events } = ctx.options;
  const life = lifeOf(ttl, ctx.options);
  const user = userNameFor({ prefix, leaseId, longest });
  const handle: Handle = { user, from, strategy: "dynamic", ...(events !== undefined && { events }) };
  let progress: Progress = "nothing";
  try {
    await onServer(
      ctx,
      async (server) => {
        await server.lock(leaseId);
        progress = "sent";
        const account = accountOf(server, handle);
        await flavour.create(server, { account, proof, leaseId });
        progress = "made";
        for (const statement of asked.rights(account)) await server.ask(statement);
        if (life !== undefined) await schedule(server, handle, life + grace);
        await server.ask(`alter user ${account} account unlock`);
      },
      { secrets: [proof.text] },
    );
  } catch (error) {
    throw await dropped(error, { progress, held: { id: leaseId, ...handle } }, { ctx, flavour });
  }
  const expires = life === undefined ? "never" : { in: life };
  return { user, terms: { expires, handle } satisfies LeaseTerms<Handle> };
}

async function schedule(server: Server, handle: Handle, life: number): Promise<void> {
  const seconds = Math.ceil(life / 1000);
  const account = accountOf(server, handle);
  const event = `create event ${eventOf(server, handle)} on schedule at current_timestamp + interval ${seconds} second`;
  await server.ask(`${event} do drop user if exists ${account}`);
}

/** How far a mint came: nothing is sent, the user may be made, it is made. */
type Progress = "nothing" | "sent" | "made";

interface Half {
  readonly progress: Progress;
  readonly held: Held;
}
interface How {
  readonly ctx: UserContext;
  readonly flavour: Flavour;
}

async function dropped(error: unknown, { progress, held }: Half, { ctx, flavour }: How): Promise<unknown> {
  if (!isRotateError(error)) return error;
  if (progress === "nothing") return withDetails(error, { noEffect: true });
  // Either nobody knows, or the server would not even make the user, whoever has its name.
  if (!error.noEffect || progress === "sent") return error;
  try {
    await revoke(held, ctx, flavour);
    return error;
  } catch (failure) {
    if (!isRotateError(failure)) throw failure;
    ctx.log.warn("a user that nobody will get could not be dropped yet", { user: held.user, reason: failure.message });
    return withDetails(error, { noEffect: false });
  }
}

/** The lease's user, whole or half. */
export async function find(
  leaseId: string,
  { prefix, longest, ctx }: { readonly prefix: string; readonly longest: number; readonly ctx: UserContext },
  flavour: Flavour,
): Promise<LeaseTerms<Handle> | undefined> {
  const { from, events } = ctx.options;
  const user = userNameFor({ prefix, leaseId, longest });
  const handle: Handle = { user, from, strategy: "dynamic", ...(events !== undefined && { events }) };
  return onServer(ctx, async (server) => {
    await server.lock(leaseId);
    const seen = await flavour.see(server, { name: user, account: accountOf(server, handle) });
    if (seen?.lease !== leaseId) return undefined;
    return { expires: await endOf(server, handle), handle };
  });
}

async function endOf({ ask }: Server, { user, events }: Handle): Promise<{ readonly in: number } | "never"> {
  if (events === undefined) return "never";
  const left = "timestampdiff(second, now(), execute_at) as `left`";
  const from = "from information_schema.events where event_schema = ? and event_name = ?";
  const [row] = await ask<{ left: number }>(`select ${left} ${from}`, [events, `rotate_${user}`]);
  return row === undefined ? "never" : { in: Math.max(1, row.left * 1000 - grace) };
}

/** Is the user there? */
export function lives(held: Held, ctx: UserContext, flavour: Flavour): Promise<boolean> {
  return onServer(ctx, async (server) => {
    const seen = await flavour.see(server, { name: held.user, account: accountOf(server, held) });
    return seen?.lease === held.id;
  });
}

/** Locked out first, then its connections, then dropped. What is gone is done; CONFLICT when the mark is another's by now. */
export async function revoke(held: Held, ctx: UserContext, flavour: Flavour): Promise<void> {
  await onServer(ctx, async (server) => {
    await server.lock(held.id);
    const account = accountOf(server, held);
    const seen = await flavour.see(server, { name: held.user, account });
    if (seen !== undefined) {
      if (seen.lease !== held.id) throw notOurs(held, account);
      await server.ask(`alter user ${account} account lock`);
      if (ctx.options.sessions === "end") await flavour.end(server, held.user);
      else await refuseOpen(server, held.user);
      await gone(() => server.ask(`drop user ${account}`), 1396);
      // One that logged in just before: the server lets it go on after the drop.
      if (ctx.options.sessions === "end") await flavour.end(server, held.user);
    }
    const event = eventOf(server, held);
    if (event !== undefined) await server.ask(`drop event if exists ${event}`);
  });
}

async function refuseOpen({ ask }: Server, user: string): Promise<void> {
  const [row] = await ask<{ open: number }>(
    "select count(*) as open from information_schema.processlist where user = ?",
    [user],
  );
  const open = row?.open ?? 0;
  if (open === 0) return;
  throw new RotateError(`${open} ${open === 1 ? "connection" : "connections"} of ${user} still open`, {
    code: "CONFLICT",
    retryable: true,
    hint: "nobody can log in as it any more; let the consumer close its connections, or set sessions: end",
  });
}

function notOurs({ id, user }: Held, account: string): RotateError {
  return new RotateError(`the user ${user} does not bear the mark of this lease any more`, {
    code: "CONFLICT",
    retryable: false,
    hint: `somebody changed its attribute: drop the user by hand, or put the mark back with: alter user ${account} attribute '{"rotate":{"lease":"${id}"}}'`,
  });
}
