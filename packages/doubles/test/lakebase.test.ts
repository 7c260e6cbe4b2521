import { execFile, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client, type ClientConfig } from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import {
  createLakebaseGateway,
  postgresUnavailable,
  startPostgres,
  type LakebaseGateway,
  type LakebaseGatewayOptions,
  type Postgres,
} from "@rotate/doubles";
import { createTokens, type Tokens } from "./support/tokens.ts";

const psqlMissing = spawnSync("psql", ["--version"]).status !== 0;
const refused = { code: "28000", message: "External authorization failed" };
const ann = "ann@example.com";

describe.skipIf(postgresUnavailable())("the Lakebase gateway", () => {
  let postgres: Postgres;
  let tokens: Tokens;
  let clock = Date.now();
  let identities = 0;
  beforeAll(async () => {
    postgres = await startPostgres();
    tokens = await createTokens(() => clock);
  });
  afterAll(() => postgres.close());

  /** A gateway of the test's own, with an identity that no other test has. */
  async function start(
    options: Partial<LakebaseGatewayOptions> = {},
  ): Promise<{ gateway: LakebaseGateway; user: string }> {
    const user = `user-${(identities += 1)}@example.com`;
    const gateway = await createLakebaseGateway({ postgres, verify: tokens.verify, now: () => clock, ...options });
    onTestFinished(() => gateway.close());
    await gateway.createRole(user);
    return { gateway, user };
  }

  /** Resolves when the user's query is under way: a request to cancel that comes before it is lost. */
  async function untilAsleep(user: string): Promise<void> {
    const admin = await postgres.connect();
    const query = "select 1 from pg_stat_activity where usename = $1 and wait_event = 'PgSleep'";
    await vi.waitUntil(async () => (await admin.query(query, [user])).rows.length > 0, 10_000);
    await admin.end();
  }

  test("lets a credential in, as the identity that it was minted for", async () => {
    const { gateway, user } = await start();
    const client = await logIn(gateway, { user, password: await tokens.mint(user), application_name: "app" });
    const { rows } = await client.query("select current_user, version()");
    expect(rows[0]).toMatchObject({ current_user: user, version: expect.stringContaining("PostgreSQL") });
    const record = { user, application: "app", generation: 1, jti: expect.any(String), at: clock };
    expect(gateway.logins).toEqual([{ ...record, database: "postgres", outcome: "accepted" }]);
    expect(gateway.sessions()).toMatchObject([record]);
    await client.end();
    await vi.waitUntil(() => gateway.sessions().length === 0);
  });

  test("looks at expiry at login only: an open session outlives its credential, a second login fails", async () => {
    const { gateway, user } = await start();
    const password = await tokens.mint(user, 300);
    const client = await logIn(gateway, { user, password });
    clock += 300_000;
    expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    await expect(logIn(gateway, { user, password })).rejects.toMatchObject(refused);
    await logIn(gateway, { user, password: await tokens.mint(user) });
    expect(gateway.logins.map(({ generation, outcome }) => [generation, outcome])).toEqual([
      [1, "accepted"],
      [1, "refused"],
      [2, "accepted"],
    ]);
  });

  test("refuses a personal access token, a foreign signature, another's credential and an identity without a role", async () => {
    const { gateway, user } = await start();
    const foreign = await createTokens(() => clock);
    const undecodable = {
      code: "28P01",
      message: expect.stringContaining(`Failed to decode token for role "${user}"`),
    };
    await expect(logIn(gateway, { user, password: `dapi${"0".repeat(32)}` })).rejects.toMatchObject(undecodable);
    await expect(logIn(gateway, { user, password: "e30.e30." })).rejects.toMatchObject(undecodable);
    await expect(logIn(gateway, { user, password: await foreign.mint(user) })).rejects.toMatchObject(refused);
    await expect(logIn(gateway, { user, password: await tokens.mint(ann) })).rejects.toMatchObject(refused);
    await expect(logIn(gateway, { user: ann, password: await tokens.mint(ann) })).rejects.toMatchObject({
      code: "28P01",
      message: `password authentication failed for user '${ann}'`,
    });
    expect(gateway.logins.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 5 }, () => "refused"));
  });

  test("passes on what PostgreSQL itself refuses", async () => {
    const { gateway, user } = await start();
    const missing = logIn(gateway, { user, password: await tokens.mint(user), database: "nowhere" });
    await expect(missing).rejects.toMatchObject({ code: "3D000", message: 'database "nowhere" does not exist' });
    expect(gateway.logins).toMatchObject([{ outcome: "refused", refusal: { code: "3D000" }, database: "nowhere" }]);
  });

  test("speaks TLS only, under the names it knows", async () => {
    const { gateway, user } = await start();
    const password = await tokens.mint(user);
    await expect(logIn(gateway, { user, password, ssl: false })).rejects.toThrow("Invalid protocol version: 196608");
    const elsewhere = { ca: gateway.ca, rejectUnauthorized: false };
    await expect(logIn(gateway, { user, password, host: "127.0.0.1", ssl: elsewhere })).rejects.toThrow("SNI");
    await expect(
      logIn(gateway, { user, password, host: "127.0.0.1", ssl: { ...elsewhere, servername: "other.example.com" } }),
    ).rejects.toThrow('no endpoint has the host name "other.example.com"');
  });

  test("closes on bytes that are no PostgreSQL", async () => {
    const { gateway } = await start();
    const socket = connect(gateway.port, "127.0.0.1");
    socket.end("GET / HTTP/1.1\r\n\r\n");
    await once(socket.resume(), "close");
    expect(gateway.troubles).toMatchObject([{ message: "invalid length of startup packet" }]);
  });

  test("cancels a running query", async () => {
    const { gateway, user } = await start();
    const client = await logIn(gateway, { user, password: await tokens.mint(user) });
    const hanging = client.query("select pg_sleep(60)");
    await untilAsleep(user);
    const canceller = connect(gateway.port, "127.0.0.1");
    canceller.end(cancelRequest(client));
    await once(canceller.resume(), "close");
    await expect(hanging).rejects.toMatchObject({ code: "57014" });
  });

  test("a new identity waits for its role to arrive everywhere", async () => {
    const { gateway, user } = await start({ propagation: 60_000, refusedState: "28P01" });
    const password = await tokens.mint(user);
    await expect(logIn(gateway, { user, password })).rejects.toMatchObject({ ...refused, code: "28P01" });
    clock += 60_000;
    await logIn(gateway, { user, password });
  });

  test("an endpoint that was scaled to zero wakes at the first login", async () => {
    const { gateway, user } = await start();
    const password = await tokens.mint(user);
    gateway.suspend(5_000);
    await expect(logIn(gateway, { user, password })).rejects.toMatchObject({ code: "57P03" });
    clock += 4_999;
    await expect(logIn(gateway, { user, password })).rejects.toMatchObject({ code: "57P03" });
    clock += 1;
    await logIn(gateway, { user, password });
  });

  test("native roles keep their passwords, and the pooler knows nothing else", async () => {
    const pooled = "pooled.lakebase.test";
    const { gateway, user } = await start({ pooledHosts: [pooled] });
    await gateway.createRole("batch", { password: "stays the same" });
    await logIn(gateway, { user: "batch", password: "stays the same" });
    await expect(logIn(gateway, { user: "batch", password: "wrong" })).rejects.toMatchObject({ code: "28P01" });
    const throughPooler = { host: "127.0.0.1", ssl: { ca: gateway.ca, servername: pooled } };
    await logIn(gateway, { user: "batch", password: "stays the same", ...throughPooler });
    const password = await tokens.mint(user);
    await expect(logIn(gateway, { user, password, ...throughPooler })).rejects.toMatchObject({ code: "28P01" });
    expect(gateway.logins.map(({ outcome }) => outcome)).toEqual(["native", "native", "native", "native"]);
  });

  test("in strict mode takes only credentials of its own endpoint", async () => {
    const { gateway, user } = await start({ endpoint: "projects/a/branches/b/endpoints/c" });
    await expect(logIn(gateway, { user, password: await tokens.mint(user) })).rejects.toMatchObject(refused);
    await logIn(gateway, { user, password: await tokens.mint(user, 60, ["projects/a/branches/b/endpoints/c"]) });
  });

  test("ends sessions that idle or last too long, and those it is told to cut", async () => {
    for (const limit of [{ idleLimit: 250 }, { lifeLimit: 250 }]) {
      const { gateway, user } = await start(limit);
      const client = await logIn(gateway, { user, password: await tokens.mint(user) });
      await expect(once(client, "end")).rejects.toThrow("terminated unexpectedly");
    }
    const { gateway, user } = await start();
    const client = await logIn(gateway, { user, password: await tokens.mint(user) });
    const end = once(client, "end");
    gateway.cutSessions();
    await expect(end).rejects.toThrow("terminated unexpectedly");
    expect(gateway.logins).toMatchObject([{ outcome: "accepted" }]);
  });

  test("spoils one login at a time", async () => {
    const { gateway, user } = await start();
    const password = await tokens.mint(user);
    gateway.failNext({ code: "53300", message: "too many connections" }, "drop", "hang");
    await expect(logIn(gateway, { user, password })).rejects.toMatchObject({ code: "53300" });
    await expect(logIn(gateway, { user, password })).rejects.toThrow("terminated unexpectedly");
    await expect(logIn(gateway, { user, password, connectionTimeoutMillis: 50 })).rejects.toThrow("timeout");
    await logIn(gateway, { user, password });
  });

  test.skipIf(psqlMissing)("psql logs in with full verification", async () => {
    const { gateway, user } = await start();
    const directory = await mkdtemp(join(tmpdir(), "rotate-psql-"));
    onTestFinished(() => rm(directory, { recursive: true }));
    await writeFile(join(directory, "ca.pem"), gateway.ca);
    const target = `host=localhost port=${gateway.port} dbname=postgres sslmode=verify-full sslrootcert=ca.pem`;
    const env = { ...process.env, PGUSER: user, PGPASSWORD: await tokens.mint(user) };
    const argv = ["--no-psqlrc", "-tAc", "select current_user", target];
    const { stdout } = await promisify(execFile)("psql", argv, { cwd: directory, env });
    expect(stdout.trim()).toBe(user);
  });
});

async function logIn(gateway: LakebaseGateway, config: ClientConfig): Promise<Client> {
  const { host, port, ca } = gateway;
  const client = new Client({ host, port, database: "postgres", ssl: { ca }, ...config });
  client.on("error", () => {});
  onTestFinished(() => client.end());
  await client.connect();
  return client;
}

/** CancelRequest, as any client sends it: over a connection of its own, with the key that the session was given. */
function cancelRequest(client: Client): Buffer {
  const words = [16, 80_877_102, Number(Reflect.get(client, "processID")), Number(Reflect.get(client, "secretKey"))];
  const packet = Buffer.alloc(16);
  words.forEach((word, index) => packet.writeInt32BE(word, index * 4));
  return packet;
}
