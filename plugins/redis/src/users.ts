/** Users on every server. The lease's mark is the end of the user's name: Redis keeps no notes, and has no locks. */
import { isRotateError, RotateError, withDetails, type Secret } from "@rotate/plugin-kit";
import { createHash } from "node:crypto";
import { onNode, type Ask } from "./connect.ts";
import type { RedisContext } from "./options.ts";

/** A user to be made. */
export interface NewUser {
  readonly user: string;
  readonly leaseId: string;
  readonly password: Secret;
  readonly rules: readonly string[];
}

/** The end of the names of a lease's users. */
function markOf(leaseId: string): string {
  return `_${leaseId.replace(/^rotate-/, "")}`;
}

/** The name of the connection that mints a lease. */
function connectionOf(leaseId: string): string {
  return `rotate-mint-${leaseId}`;
}

/** Makes the user on every server, or on none: what was made is dropped when a server says no. Throws an error with `noEffect` only when that is certain. */
export async function makeUser({ user, leaseId, password, rules }: NewUser, ctx: RedisContext): Promise<void> {
  const verifier = `#${createHash("sha256").update(password.reveal()).digest("hex")}`;
  const sentTo: string[] = [];
  try {
    for (const node of ctx.options.nodes) {
      await onNode(ctx, { node, name: connectionOf(leaseId) }, async (ask) => {
        await save(ask, ctx); // refused here, nothing was made
        sentTo.push(node);
        await ask("ACL", "SETUSER", user, "reset", "on", verifier, ...rules);
        await save(ask, ctx);
      });
    }
  } catch (error) {
    throw await dropped(error, { user, sentTo }, ctx);
  }
}

/** The users live in memory until they are saved. */
async function save(ask: Ask, { options: { persist } }: RedisContext): Promise<void> {
  if (persist === "aclfile") await ask("ACL", "SAVE");
}

interface HalfMade {
  readonly user: string;
  readonly sentTo: readonly string[];
}

async function dropped(error: unknown, { user, sentTo }: HalfMade, ctx: RedisContext): Promise<unknown> {
  if (!isRotateError(error)) return error;
  if (sentTo.length === 0) return withDetails(error, { noEffect: true });
  try {
    for (const node of sentTo) await onNode(ctx, { node }, (ask) => drop(ask, user, ctx));
    return error;
  } catch (failure) {
    if (!isRotateError(failure)) throw failure;
    ctx.log.warn("a user that nobody will get could not be dropped yet", { user, reason: failure.message });
    return withDetails(error, { noEffect: false });
  }
}

async function drop(ask: Ask, user: string, ctx: RedisContext): Promise<void> {
  await ask("ACL", "DELUSER", user);
  await save(ask, ctx);
}

/** The lease's user, when it is on any server. The connection of a mint that is still under way is ended first: what it sent and the server has not read, the server never reads. */
export async function findUser(leaseId: string, ctx: RedisContext): Promise<string | undefined> {
  const found: (string | undefined)[] = [];
  for (const node of ctx.options.nodes) {
    const user = await onNode(ctx, { node }, async (ask) => {
      const { ids } = await connectionsOf(ask, (line) => line.name === connectionOf(leaseId));
      for (const id of ids) await ask("CLIENT", "KILL", "ID", id);
      return (await usersOn(ask)).find((name) => name.endsWith(markOf(leaseId)));
    });
    found.push(user);
  }
  return found.find((user) => user !== undefined);
}

/** Is the user on every server? */
export async function hasUser(user: string, ctx: RedisContext): Promise<boolean> {
  for (const node of ctx.options.nodes) {
    if (!(await onNode(ctx, { node }, usersOn)).includes(user)) return false;
  }
  return true;
}

/** Locks the user out on every server, then sees to its connections, then drops it. What is gone is done. */
export async function dropUser(user: string, ctx: RedisContext): Promise<void> {
  const { nodes, sessions } = ctx.options;
  const on: string[] = [];
  for (const node of nodes) {
    if (await onNode(ctx, { node }, (ask) => lockOut(ask, user))) on.push(node);
  }
  for (const node of on) {
    await onNode(ctx, { node }, async (ask) => {
      if (sessions === "wait") await refuseOpen(ask, { user, node });
      await drop(ask, user, ctx); // ends the user's connections
    });
  }
}

async function lockOut(ask: Ask, user: string): Promise<boolean> {
  // Asked first: setting a user that is not there makes it.
  if (!(await usersOn(ask)).includes(user)) return false;
  await ask("ACL", "SETUSER", user, "off", "resetpass");
  return true;
}

async function refuseOpen(ask: Ask, { user, node }: { readonly user: string; readonly node: string }): Promise<void> {
  const { ids } = await connectionsOf(ask, (line) => line.user === user);
  if (ids.length === 0) return;
  throw new RotateError(
    `${ids.length} ${ids.length === 1 ? "connection" : "connections"} of ${user} still open on ${node}`,
    {
      code: "CONFLICT",
      retryable: true,
      hint: "nobody can log in as it any more; let the consumer close its connections, or set sessions: end",
    },
  );
}

/** The names of all users. */
export async function usersOn(ask: Ask): Promise<readonly string[]> {
  const answer = await ask("ACL", "USERS");
  return Array.isArray(answer) ? answer.map(String) : [];
}

interface Line {
  readonly name: string;
  readonly user: string;
}

async function connectionsOf(ask: Ask, wanted: (line: Line) => boolean): Promise<{ readonly ids: readonly string[] }> {
  const lines = String(await ask("CLIENT", "LIST")).split("\n");
  const ids = lines.flatMap((line) => {
    const words = Object.fromEntries(
      line.split(" ").map((word) => [word.split("=")[0], word.slice(word.indexOf("=") + 1)]),
    );
    const { id, name = "", user = "" } = words;
    return id !== undefined && wanted({ name, user }) ? [id] : [];
  });
  return { ids };
}
