/** A group, its objects, and what rotate logs in with, on a real server, each with names of its own. */
import { createCuttingProxy, type CuttingProxy, type Postgres } from "@rotate/doubles";
import { createTestContext, secretRef, type TestContext } from "@rotate/testkit";
import type { Infer, Lease, Minted } from "@rotate/plugin-kit";
import { postgresUser } from "../../src/postgres-user.ts";
import { options, type Handle, type Options } from "../../src/user/options.ts";
import { setupOf } from "../../src/user/setup.ts";

/** Of the role that rotate logs in with. */
export const bootstrapPassword = "bootstrap-password-of-some-length";

/** What a test has before its first mint. */
export interface UserStage {
  readonly postgres: Postgres;
  readonly proxy: CuttingProxy;
  /** A mark, so that no lease of another test has the same id. */
  readonly number: number;
  readonly group: string;
  readonly bootstrap: string;
  /** As the superuser. */
  readonly sql: <Row extends object>(text: string) => Promise<readonly Row[]>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly request: { readonly group: string; readonly ttl: number };
  readonly secrets: readonly string[];
  readonly close: () => Promise<void>;
}

let made = 0;

/** Lays out what the setup of the strategy says, and nothing else. */
export async function userStage(
  postgres: Postgres,
  strategy: Options["strategy"],
  more: Partial<Record<keyof Options, unknown>> = {},
): Promise<UserStage> {
  made += 1;
  const [group, bootstrap] = [`app${made}_rw`, `rotate${made}`];
  const number = made;
  const admin = await postgres.connect();
  const sql = async <Row extends object>(text: string): Promise<readonly Row[]> => (await admin.query<Row>(text)).rows;
  const setRole = `rotate_admin${made}`;
  const proxy = await createCuttingProxy(postgres);
  const asked = {
    host: proxy.host,
    port: proxy.port,
    database: "postgres",
    user: bootstrap,
    strategy,
    send: "verifier",
    ...(strategy === "dynamic" && { setRole }),
    ...more,
  };
  await sql(
    `create role ${group} nologin; create table t_${group} as select 1 as one; alter table t_${group} owner to ${group}`,
  );
  await postgres.createRole(bootstrap, { password: bootstrapPassword });
  await sql(setupOf(asked as Options, [{ group }]).statements.join("\n"));
  return {
    postgres,
    proxy,
    number,
    group,
    bootstrap,
    sql,
    options: { tls: "disable", password: secretRef(bootstrapPassword), ...asked },
    request: { group, ttl: 3_600_000 },
    secrets: [bootstrapPassword],
    close: async () => void (await Promise.all([proxy.close(), admin.end()])),
  };
}

type Context = TestContext<Infer<typeof options>>;

/** A call's context. @param id the last letters of the lease's id */
export function contextOf(stage: Pick<UserStage, "options" | "number">, id = "1", timeout = 30_000): Context {
  return createTestContext({
    schema: options,
    options: stage.options,
    timeout,
    leaseId: `rotate-${stage.number}${id.padStart(17 - String(stage.number).length, "0")}`,
  }) as Context;
}

/** What a mint gave, in clear. */
export interface Got {
  readonly username: string;
  readonly password: string;
  readonly lease: Lease<Handle>;
}

/** Mints, and gives the lease as the journal would. */
export async function mintUser(stage: UserStage, id = "1"): Promise<Got> {
  const ctx = contextOf(stage, id);
  const minted: Minted = await postgresUser.mint(stage.request, ctx);
  const { username, password } = minted.fields as unknown as { username: string; password: { reveal: () => string } };
  const lease = {
    id: ctx.leaseId,
    issuedAt: new Date(),
    expiresAt: new Date(Date.now() + stage.request.ttl),
    handle: minted.handle as Handle,
  };
  return { username, password: password.reveal(), lease };
}

/** Drops, as another process would. */
export async function revokeUser(stage: UserStage, { lease }: Pick<Got, "lease">, id = "9"): Promise<void> {
  await postgresUser.revoke?.(lease, contextOf(stage, id));
}

/** Can this user log in and read what is the group's? */
export async function works(
  { postgres, group }: UserStage,
  { username, password }: { readonly username?: string; readonly password?: string },
): Promise<boolean> {
  try {
    const client = await postgres.connect({ user: username ?? "", password: password ?? "" });
    await client.query(`select one from t_${group}`);
    await client.end();
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && ["28P01", "28000"].includes(String(error.code))) return false;
    throw error;
  }
}
