/**
 * Two passwords of one user of MySQL (8.0.14 and later): a new one beside the held one. The marks of both leases stand in the user's attribute and are changed by the very
 * statement that changes the passwords. Retaining a third would kill the held one: then nothing is written.
 */
import { invalid, isRotateError, RotateError, withDetails, type LeaseTerms, type Secret } from "@rotate/plugin-kit";
import { newPassword } from "@rotate/plugin-kit/databases";
import { onServer, type Server } from "./connect.ts";
import { cachingSha2 } from "./verifiers.ts";
import { identified, sha2Plugin, type Proof } from "./flavours.ts";
import type { Handle, Held, UserContext } from "./options.ts";

/** Which lease has which of the two passwords. Absent: rotate never touched the user. */
interface Marks {
  readonly primary: string | null;
  readonly secondary: string | null;
}

/** What is retained of a time before rotate, until somebody discards it. */
const before = "before rotate";

interface Row {
  readonly ours: string | null;
}

async function marksOf({ ask }: Server, account: string): Promise<Marks | "never" | undefined> {
  const [row] = await ask<Row>(
    "select cast(attribute->'$.rotate' as char) as ours from information_schema.user_attributes where user = ?",
    [account],
  );
  if (row === undefined) return undefined;
  if (row.ours === null) return "never";
  const { primary = null, secondary = null } = JSON.parse(row.ours) as Partial<Marks>;
  return { primary, secondary };
}

function attribute({ text }: Server, marks: Partial<Marks>): string {
  return `attribute ${text(JSON.stringify({ rotate: marks }))}`;
}

/** A second password, retained beside the held one. */
export async function mint(
  { account, leaseId, proof }: { readonly account: string; readonly leaseId: string; readonly proof: Proof },
  ctx: UserContext,
) {
  const { from } = ctx.options;
  let sent = false;
  try {
    await onServer(
      ctx,
      async (server) => {
        await server.lock(leaseId);
        await server.lock(`user:${account}`);
        const plan = planOf(await marksOf(server, account), { account, leaseId });
        const user = `${server.text(account)}@${server.text(from)}`;
        const how = `${identified(server, proof, sha2Plugin)}${plan.retain ? " retain current password" : ""}`;
        sent = true;
        await server.ask(`alter user ${user} ${how} ${attribute(server, plan.marks)}`);
      },
      { secrets: [proof.text] },
    );
  } catch (error) {
    if (!isRotateError(error)) throw error;
    if (!sent) throw withDetails(error, { noEffect: true });
    if (error.noEffect || !(await hasLanded({ account, leaseId }, ctx))) throw error;
  }
  return {
    user: account,
    terms: { expires: "never", handle: { user: account, from, strategy: "retain" } } satisfies LeaseTerms<Handle>,
  };
}

/** How long a look waits for a mint that broke off: its connection has its lock until the server has done with it. s */
const lookTime = 1;

/** Did the statement take effect whose answer was lost? Then the password that was made is the user's, and nobody has to revoke it by hand. False: it did not, or that cannot be told now. */
async function hasLanded(
  { account, leaseId }: { readonly account: string; readonly leaseId: string },
  ctx: UserContext,
): Promise<boolean> {
  try {
    return await onServer(ctx, async (server) => {
      await server.lock(`user:${account}`, lookTime);
      const marks = await marksOf(server, account);
      return typeof marks === "object" && marks.primary === leaseId;
    });
  } catch (error) {
    if (!isRotateError(error)) throw error;
    ctx.log.debug("what became of the new password could not be looked at", { account, reason: error.message });
    return false;
  }
}

interface Plan {
  readonly retain: boolean;
  readonly marks: Partial<Marks>;
}

function planOf(
  marks: Marks | "never" | undefined,
  { account, leaseId }: { readonly account: string; readonly leaseId: string },
): Plan {
  if (marks === undefined) throw noAccount(account);
  if (marks === "never") return { retain: true, marks: { primary: leaseId, secondary: before } };
  const { primary, secondary } = marks;
  if (primary === null) return { retain: false, marks: { primary: leaseId } };
  if (secondary === null) return { retain: true, marks: { primary: leaseId, secondary: primary } };
  throw bothTaken(account, secondary);
}

function noAccount(account: string): RotateError {
  return new RotateError(`there is no user ${account}`, {
    code: "NOT_FOUND",
    retryable: false,
    hint: "create it, or see that rotate's own user has CREATE USER, without which it sees no other",
  });
}

function bothTaken(account: string, secondary: string): RotateError {
  const old = `alter user '${account}' discard old password attribute '{"rotate":{"secondary":null}}'`;
  const hint =
    secondary === before
      ? `when nobody uses the password from before rotate any more, run: ${old}`
      : "one becomes free with a revocation: see `rotate status`, and `rotate revoke` what nobody holds";
  return new RotateError(`both passwords of ${account} may be in use`, { code: "CONFLICT", retryable: true, hint });
}

/** The user whose marks name the lease. */
export function find(leaseId: string, ctx: UserContext): Promise<LeaseTerms<Handle> | undefined> {
  return onServer(ctx, async (server) => {
    await server.lock(leaseId);
    const [row] = await server.ask<{ user: string; host: string }>(
      "select user as `user`, host as `host` from information_schema.user_attributes where ? in (attribute->>'$.rotate.primary', attribute->>'$.rotate.secondary')",
      [leaseId],
    );
    if (row === undefined) return undefined;
    return { expires: "never", handle: { user: row.user, from: row.host, strategy: "retain" } };
  });
}

/** Does one of the two passwords belong to the lease? */
export function lives({ id, user }: Held, ctx: UserContext): Promise<boolean> {
  return onServer(ctx, async (server) => {
    const marks = await marksOf(server, user);
    return typeof marks === "object" && [marks.primary, marks.secondary].includes(id);
  });
}

/** Takes the lease's password away, and leaves the other one. */
export async function revoke({ id, user, from }: Held, ctx: UserContext): Promise<void> {
  const nobodys = ctx.secret(newPassword(), "password");
  await onServer(
    ctx,
    async (server) => {
      await server.lock(`user:${user}`);
      const marks = await marksOf(server, user);
      if (typeof marks !== "object") return;
      const account = `${server.text(user)}@${server.text(from)}`;
      if (marks.secondary === id)
        await server.ask(`alter user ${account} discard old password ${attribute(server, { secondary: null })}`);
      else if (marks.primary === id)
        await server.ask(
          `alter user ${account} ${identified(server, proofOf(nobodys, ctx), sha2Plugin)} ${attribute(server, { primary: null })}`,
        );
    },
    { secrets: [nobodys] },
  );
}

function proofOf(password: Secret, ctx: UserContext): Proof {
  const { send } = ctx.options;
  return { send, text: send === "password" ? password : ctx.secret(cachingSha2(password.reveal()), "verifier") };
}

/** Throws INVALID unless the spec says whose password is rotated. */
export function accountFor(account: string | undefined): string {
  if (account !== undefined) return account;
  throw invalid("strategy: retain needs the user whose password is rotated", "set account in the request");
}
