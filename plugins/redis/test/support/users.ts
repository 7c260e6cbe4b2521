/** A user that rotate logs in with, on real servers, and what a test asks of them. */
import { createClient } from "@redis/client";
import { createCuttingProxy, type CuttingProxy, type Redis } from "@rotate/doubles";
import { createTestContext, secretRef, type TestContext } from "@rotate/testkit";
import type { Lease } from "@rotate/plugin-kit";
import { options, type Options } from "../../src/options.ts";
import { redisUser } from "../../src/redis-user.ts";
import { rightsOf } from "../../src/setup.ts";

/** Of the user that rotate logs in with. */
export const bootstrapPassword = "bootstrap-password-of-some-length";

/** What a test has before its first mint. */
export interface RedisStage {
  readonly servers: readonly Redis[];
  readonly proxy: CuttingProxy;
  readonly number: number;
  readonly bootstrap: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly request: { readonly rules: readonly string[]; readonly prefix: string };
  readonly secrets: readonly string[];
  readonly close: () => Promise<void>;
}

let made = 0;

/** Lays out what the setup says on each server, and nothing else. The first server is reached through a proxy. */
export async function redisStage(
  servers: readonly [Redis, ...Redis[]],
  more: Partial<Record<keyof Options, unknown>> = {},
): Promise<RedisStage> {
  made += 1;
  const bootstrap = `rotate${made}`;
  for (const server of servers) {
    await asAdmin(
      server,
      ...rightsOf({ user: bootstrap, persist: more.persist === "none" ? "none" : "aclfile" }).split(" "),
    );
    await asAdmin(server, "ACL", "SETUSER", bootstrap, `>${bootstrapPassword}`);
  }
  const [first, ...others] = servers;
  const proxy = await createCuttingProxy(first);
  const nodes = [proxy, ...others].map(({ host, port }) => `${host}:${port}`);
  return {
    servers,
    proxy,
    number: made,
    bootstrap,
    options: { nodes, user: bootstrap, password: secretRef(bootstrapPassword), tls: "disable", ...more },
    request: { rules: ["~app:*", "+@read", "+@write", "-@dangerous"], prefix: "app" },
    secrets: [bootstrapPassword],
    close: proxy.close,
  };
}

/** One command as the server's default user. */
export async function asAdmin({ host, port, password }: Redis, ...words: readonly string[]): Promise<unknown> {
  const client = createClient({ password, socket: { host, port, reconnectStrategy: false } });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await client.sendCommand([...words]);
  } finally {
    client.destroy();
  }
}

/** A user's connection, which stays open. */
export async function connectAs({ host, port }: Redis, { username, password }: Readonly<Record<string, string>>) {
  const client = createClient({
    username: username ?? "",
    password: password ?? "",
    socket: { host, port, reconnectStrategy: false },
  });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

/** Can this user log in, and write and read what the rules allow? */
export async function works(
  { servers: [server] }: RedisStage,
  user: Readonly<Record<string, string>>,
): Promise<boolean> {
  if (server === undefined) throw new Error("there is no server");
  try {
    const client = await connectAs(server, user);
    await client.set("app:key", "value");
    const read = await client.get("app:key");
    client.destroy();
    return read === "value";
  } catch (error) {
    if (error instanceof Error && error.message.startsWith("WRONGPASS")) return false;
    throw error;
  }
}

/** A call's context. @param id the last letters of the lease's id */
export function contextOf(stage: Pick<RedisStage, "options" | "number">, id = "1"): TestContext<Options> {
  const leaseId = `rotate-${stage.number}${id.padStart(17 - String(stage.number).length, "0")}`;
  return createTestContext({ schema: options, options: stage.options, leaseId }) as TestContext<Options>;
}

/** What a mint gave, in clear. */
export interface Got {
  readonly username: string;
  readonly password: string;
  readonly lease: Lease<{ readonly user: string }>;
}

/** Mints, and gives the lease as the journal would. */
export async function mintUser(stage: RedisStage, id = "1"): Promise<Got> {
  const ctx = contextOf(stage, id);
  const minted = await redisUser.mint(stage.request, ctx);
  const { username, password } = minted.fields as unknown as { username: string; password: { reveal: () => string } };
  const lease = {
    id: ctx.leaseId,
    issuedAt: new Date(),
    expiresAt: "never",
    handle: minted.handle as { user: string },
  } as const;
  return { username, password: password.reveal(), lease };
}

/** Drops, as another process would. */
export async function revokeUser(stage: RedisStage, { lease }: Pick<Got, "lease">): Promise<void> {
  await redisUser.revoke?.(lease, contextOf(stage, "9"));
}
