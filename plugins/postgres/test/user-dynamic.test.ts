import { postgresUnavailable, startPostgres, type Postgres } from "@rotate/doubles";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { postgresUser } from "../src/postgres-user.ts";
import { bootstrapPassword, contextOf, mintUser, revokeUser, userStage, works } from "./support/users.ts";

const gone = { code: "CONFLICT", retryable: true };

describe.skipIf(postgresUnavailable())("a user that is made for the lease", () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.close());

  async function stage(more: Parameters<typeof userStage>[2] = {}) {
    const laid = await userStage(postgres, "dynamic", more);
    onTestFinished(laid.close);
    return laid;
  }

  test("acts as its group, whose objects its own become, and the server refuses it soon after its life", async () => {
    const on = await stage();
    const got = await mintUser(on);
    const client = await postgres.connect({ user: got.username, password: got.password });
    await client.query(`create schema s_${on.group} authorization ${on.group}`).catch(() => undefined);
    const { rows } = await client.query("select current_user as acts, session_user as is");
    await client.end();
    expect(rows).toEqual([{ acts: on.group, is: got.username }]);
    const [until] = await on.sql<{ life: number }>(
      `select extract(epoch from rolvaliduntil - now())::float8 as life from pg_roles where rolname = '${got.username}'`,
    );
    expect(until?.life).toBeGreaterThan(3595);
    expect(until?.life).toBeLessThan(3606);
  });

  test("ends by the server's clock, however far off ours is", async () => {
    const on = await stage();
    const slow = { ...contextOf(on), now: () => Date.now() - 600_000 };
    const minted = await postgresUser.mint(on.request, slow);
    expect(minted.expires).toEqual({ in: 3_600_000 });
    const found = await postgresUser.find?.(slow.leaseId, slow);
    expect(found?.expires).toEqual({ in: expect.closeTo(3_600_000, -5) });
  });

  test("is dropped by another login of the same maker", async () => {
    const on = await stage();
    const got = await mintUser(on);
    await on.sql(
      `create role other_${on.group} login password '${bootstrapPassword}' in role ${String(on.options["setRole"])}`,
    );
    const other = { ...on, options: { ...on.options, user: `other_${on.group}` } };
    await revokeUser(other, got);
    expect(await works(on, got)).toBe(false);
  });

  test("is locked out at once, and dropped when its sessions are over", async () => {
    const on = await stage();
    const got = await mintUser(on);
    const client = await postgres.connect({ user: got.username, password: got.password });
    await expect(revokeUser(on, got)).rejects.toMatchObject({
      ...gone,
      message: expect.stringContaining("1 session of"),
    });
    expect(await works(on, got)).toBe(false);
    expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    expect(await postgresUser.lives?.(got.lease, contextOf(on))).toBe(false);
    await client.end();
    await expect
      .poll(() =>
        revokeUser(on, got).then(
          () => "dropped",
          () => "in use",
        ),
      )
      .toBe("dropped");
    expect(await postgresUser.find?.(got.lease.id, contextOf(on))).toBeUndefined();
  });

  test("loses its sessions with sessions: end", async () => {
    const on = await stage({ sessions: "end" });
    const got = await mintUser(on);
    const client = await postgres.connect({ user: got.username, password: got.password });
    const ended = new Promise((resolve) => client.on("error", resolve));
    await revokeUser(on, got);
    expect(await ended).toMatchObject({ code: "57P01" });
    expect(await works(on, got)).toBe(false);
  });

  test("that owns something by itself is locked out, and the DBA told what to run", async () => {
    const on = await stage();
    const got = await mintUser(on);
    const client = await postgres.connect({ user: got.username, password: got.password });
    await on.sql(`grant create on schema public to ${got.username}`);
    await client.query("set role none; create table own (one int)");
    await client.end();
    await expect
      .poll(() => revokeUser(on, got).catch((error: unknown) => error))
      .toMatchObject({
        ...gone,
        message: expect.stringContaining("2BP01"),
        hint: expect.stringContaining("REASSIGN OWNED"),
      });
    expect(await works(on, got)).toBe(false);
    await on.sql(`reassign owned by ${got.username} to ${on.group}; drop owned by ${got.username}`);
    await revokeUser(on, got);
    expect(await postgresUser.find?.(got.lease.id, contextOf(on))).toBeUndefined();
  });

  test("whose mark a DBA has changed is left alone", async () => {
    const on = await stage();
    const got = await mintUser(on);
    await on.sql(`comment on role ${got.username} is 'ours now'`);
    await expect(revokeUser(on, got)).rejects.toMatchObject({
      code: "CONFLICT",
      retryable: false,
      hint: expect.stringContaining("comment on role"),
    });
    expect(await works(on, got)).toBe(true);
  });

  test("that a DBA has dropped is gone for us", async () => {
    const on = await stage();
    const got = await mintUser(on);
    await on.sql(`drop role ${got.username}`);
    await expect(revokeUser(on, got)).resolves.toBeUndefined();
  });

  test("of a name that is taken is refused, and the other one is not touched", async () => {
    const on = await stage();
    const username = `${on.group}_${contextOf(on).leaseId.slice(7)}`;
    await on.sql(`create role ${username} login password 'of-somebody-else' in role ${on.group}`);
    await expect(mintUser(on)).rejects.toMatchObject({ code: "CONFLICT", retryable: false, noEffect: true });
    expect(await works(on, { username, password: "of-somebody-else" })).toBe(true);
  });

  test("has a name that fits and is quoted", async () => {
    const on = await stage();
    const longest = "a".repeat(45);
    const fits = await mintUser({ ...on, request: { ...on.request, prefix: longest } as typeof on.request });
    expect(fits.username).toHaveLength(63);
    const tooLong = mintUser({ ...on, request: { ...on.request, prefix: `${longest}a` } as typeof on.request }, "2");
    await expect(tooLong).rejects.toMatchObject({ code: "INVALID", hint: expect.stringContaining("45 bytes") });
    const odd = await mintUser({ ...on, request: { ...on.request, prefix: "App-$User" } as typeof on.request }, "3");
    expect(await works(on, odd)).toBe(true);
    await revokeUser(on, odd);
  });

  test("that ended long ago and was never revoked is cleared away by a later mint", async () => {
    const on = await stage();
    const [old, current] = [await mintUser(on, "1"), await mintUser(on, "2")];
    await on.sql(`alter role ${old.username} valid until '2020-01-01'`);
    const latest = await mintUser(on, "3");
    const left = await on.sql<{ name: string }>(
      `select rolname as name from pg_roles where rolname like '${on.group}\\_%' order by 1`,
    );
    expect(left.map(({ name }) => name)).toEqual([current.username, latest.username]);
  });
});
