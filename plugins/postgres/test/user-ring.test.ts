import { postgresUnavailable, startPostgres, type Postgres } from "@rotate/doubles";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { postgresUser } from "../src/postgres-user.ts";
import { setupOf } from "../src/user/setup.ts";
import { contextOf, mintUser, revokeUser, userStage, works } from "./support/users.ts";

describe.skipIf(postgresUnavailable())("a ring of users", () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.close());

  async function stage(more: Parameters<typeof userStage>[2] = {}) {
    const laid = await userStage(postgres, "ring", more);
    onTestFinished(laid.close);
    return laid;
  }

  test("gives each mint a user of its own, and the fourth of three none", async () => {
    const on = await stage();
    const got = await Promise.all(["1", "2", "3"].map((id) => mintUser(on, id)));
    expect(new Set(got.map(({ username }) => username)).size).toBe(3);
    await expect(mintUser(on, "4")).rejects.toMatchObject({
      code: "CONFLICT",
      retryable: true,
      noEffect: true,
      retryAfter: expect.any(Number),
      hint: expect.stringContaining("one more user"),
    });
    for (const one of got) expect(await works(on, one)).toBe(true);
    await revokeUser(on, got[1]!);
    expect((await mintUser(on, "5")).username).toBe(got[1]!.username);
  });

  test("never takes a user from its holder by an old or repeated revocation", async () => {
    const on = await stage();
    const old = await mintUser(on, "1");
    await revokeUser(on, old);
    const later = [await mintUser(on, "2"), await mintUser(on, "3"), await mintUser(on, "4")];
    const now = later.find(({ username }) => username === old.username)!;
    await revokeUser(on, old);
    expect(await works(on, now)).toBe(true);
    expect(await works(on, old)).toBe(false);
  });

  test("leaves the held user alone when a later one is dropped and another is minted", async () => {
    const on = await stage();
    const held = await mintUser(on, "1");
    await revokeUser(on, await mintUser(on, "2"));
    await mintUser(on, "3");
    expect(await works(on, held)).toBe(true);
  });

  test("does not touch a user that a DBA keeps out, lets in by hand, or took the mark from", async () => {
    const on = await stage();
    const held = await mintUser(on, "1");
    const [b, c] = [`${on.group}_b`, `${on.group}_c`];
    await on.sql(`comment on role ${held.username} is null; comment on role ${b} is 'kept for the migration'`);
    await on.sql(`alter role ${c} login password 'by-hand'`);
    await expect(mintUser(on, "2")).rejects.toMatchObject({ code: "CONFLICT", retryable: true });
    expect(await works(on, held)).toBe(true);
    expect(await works(on, { username: c, password: "by-hand" })).toBe(true);
  });

  test("takes a user back when its lease has ended", async () => {
    const on = await stage();
    for (const id of ["1", "2", "3"]) await mintUser(on, id);
    await on.sql(`alter role ${on.group}_b valid until '2020-01-01'`);
    const got = await mintUser(on, "4");
    expect(got.username).toBe(`${on.group}_b`);
    expect(await works(on, got)).toBe(true);
  });

  test("waits for the sessions of a user before it is free, or ends them", async () => {
    const on = await stage();
    const got = await mintUser(on, "1");
    const client = await postgres.connect({ user: got.username, password: got.password });
    const ended = new Promise((resolve) => client.on("error", resolve));
    await expect(revokeUser(on, got)).rejects.toMatchObject({ code: "CONFLICT", retryable: true });
    expect(await works(on, got)).toBe(false);
    expect((await mintUser(on, "2")).username).not.toBe(got.username);
    await revokeUser({ ...on, options: { ...on.options, sessions: "end" } }, got);
    expect(await ended).toMatchObject({ code: "57P01" });
    expect(await postgresUser.find?.(got.lease.id, contextOf(on))).toBeUndefined();
  });

  test("needs no rights over roles: what rotate logs in with can do nothing but take and give back", async () => {
    const on = await stage();
    const got = await mintUser(on, "1");
    const client = await postgres.connect({ user: on.bootstrap, password: on.secrets[0] ?? "" });
    onTestFinished(() => client.end());
    for (const statement of [
      `alter role ${got.username} nologin`,
      `set role ${on.group}`,
      `create role more`,
      `comment on role ${got.username} is null`,
    ])
      await expect(client.query(statement)).rejects.toMatchObject({ code: "42501" });
    const take = `select * from rotate_${on.group}.take('rotate-00000000000000009', $1, '1 hour')`;
    await expect(client.query(take, ["not-a-verifier"])).rejects.toMatchObject({ code: "22023" });
    await expect(client.query(take, ["SCRAM-SHA-256$4096:x' valid until 'infinity"])).rejects.toMatchObject({
      code: "22023",
    });
  });

  test("serves a group whose name needs quotes and would end the body of a function", async () => {
    const group = "App-$$Rw$";
    const on = await stage();
    await on.sql(`create role "${group}" nologin; grant "${on.group}" to "${group}"`);
    const setup = setupOf({ ...on.options, strategy: "ring", send: "verifier" } as Parameters<typeof setupOf>[0], [
      { group },
    ]);
    await on.sql(setup.statements.join("\n"));
    const odd = { ...on, request: { ...on.request, group } };
    const got = await mintUser(odd);
    expect(got.username).toBe(`${group}_a`);
    expect(await works(odd, got)).toBe(true);
    await revokeUser(odd, got);
    expect(await works(odd, got)).toBe(false);
  });
});
