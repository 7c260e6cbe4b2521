import { secretRef } from "@rotate/testkit";
import { describe, expect, test } from "vitest";
import { vault } from "../src/vault.ts";
import { asUser, database, hour, leaseOf, loggedIn, minute, mint, start } from "./support/call.ts";

describe("a lease", () => {
  test("is a child of the login, lives as long as the role says, and can be renewed", async () => {
    const { double, clock } = await start();
    const minted = await mint(database, await loggedIn({ double, clock }));
    expect(minted).toMatchObject({ expires: { in: hour }, renewable: true, diesWithLogin: true });
    expect(double.leases()[0]).toMatchObject({ token: "hvs.app-token" });
  });

  test("gets the ttl asked for by a renewal when the engine knows no ttl", async () => {
    const { double, clock } = await start();
    const minted = await mint({ ...database, ttl: 2 * hour }, await loggedIn({ double, clock }));
    expect(minted).toMatchObject({ expires: { in: 2 * hour }, renewable: true });
  });

  test("that cannot be given the ttl says how long it lives, so that the engine can refuse it", async () => {
    const { double, clock } = await start();
    const minted = await mint({ ...database, ttl: 10 * hour }, await loggedIn({ double, clock }));
    expect(minted).toMatchObject({ expires: { in: 3 * hour }, renewable: false });
  });

  test("is renewed to its full life again and again, until the cap is near: then it is no longer renewable", async () => {
    const { double, clock } = await start();
    const ctx = await loggedIn({ double, clock });
    let terms = await mint(database, ctx);
    const lives: unknown[] = [];
    while (terms.renewable === true) {
      await clock.advance(40 * minute);
      terms = { ...terms, ...(await vault.renew?.(leaseOf(terms, ctx), ctx)) };
      lives.push(terms.expires);
    }
    expect(lives).toEqual([{ in: hour }, { in: hour }, { in: hour }, { in: 20 * minute }]);
    expect(double.databaseUsers()).toHaveLength(1);
  });

  test("of an earlier login is not renewed, because it dies with that login whatever we ask", async () => {
    const { double, clock } = await start({
      tokens: [
        { id: "hvs.app-token", ttl: hour, policies: ["app"] },
        { id: "hvs.next", ttl: hour, policies: ["app"] },
      ],
    });
    const minted = await mint(database, await loggedIn({ double, clock }));
    const next = await loggedIn({
      double,
      clock,
      options: { auth: { method: "token", token: secretRef("hvs.next") } },
    });
    await expect(vault.renew?.(leaseOf(minted, next), next)).rejects.toMatchObject({
      code: "INVALID",
      retryable: false,
      message: expect.stringContaining("earlier login"),
    });
  });

  test("under a batch token is never said to be renewable", async () => {
    const { ctx } = await asUser({ type: "batch", ttl: 20 * minute });
    expect(await mint(database, ctx)).toMatchObject({ expires: { in: 20 * minute }, renewable: false });
  });

  test("whose renewal fails leaves the lease as it is and says why", async () => {
    const { double, clock } = await start();
    const ctx = await loggedIn({ double, clock });
    const minted = await mint(database, ctx);
    double.faults.next("POST /v1/sys/leases/renew", { status: 400, body: { errors: ["lease not found"] } });
    await expect(vault.renew?.(leaseOf(minted, ctx), ctx)).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining("lease not found"),
    });
    expect(double.databaseUsers()).toHaveLength(1);
  });
});

describe("a look-up", () => {
  test("tells a lease that lives from one that was revoked", async () => {
    const { double, clock } = await start();
    const ctx = await loggedIn({ double, clock });
    const minted = await mint(database, ctx);
    expect(await vault.lives?.(leaseOf(minted, ctx), ctx)).toBe(true);
    await vault.revoke?.(leaseOf(minted, ctx), ctx);
    expect(await vault.lives?.(leaseOf(minted, ctx), ctx)).toBe(false);
  });

  test("that is refused tells nothing", async () => {
    const { double, clock } = await start();
    const ctx = await loggedIn({ double, clock });
    const minted = await mint(database, ctx);
    double.faults.next("POST /v1/sys/leases/lookup", { status: 403, body: { errors: ["permission denied"] } });
    await expect(vault.lives?.(leaseOf(minted, ctx), ctx)).rejects.toMatchObject({ code: "DENIED" });
  });
});

describe("revoke", () => {
  test("waits until the user is gone, and succeeds again when it is", async () => {
    const { double, clock } = await start();
    const ctx = await loggedIn({ double, clock });
    const minted = await mint(database, ctx);
    await vault.revoke?.(leaseOf(minted, ctx), ctx);
    expect(double.databaseUsers()).toEqual([]);
    await vault.revoke?.(leaseOf(minted, ctx), ctx);
    expect(double.requests.at(-1)?.body).toContain('"sync":true');
  });

  test("works under another login, from the handle alone", async () => {
    const { double, clock } = await start({
      tokens: [
        { id: "hvs.app-token", policies: ["app"] },
        { id: "hvs.next", policies: ["app"] },
      ],
    });
    const minted = await mint(database, await loggedIn({ double, clock }));
    const next = await loggedIn({
      double,
      clock,
      options: { auth: { method: "token", token: secretRef("hvs.next") } },
    });
    await vault.revoke?.(leaseOf(minted, next), next);
    expect(double.databaseUsers()).toEqual([]);
  });

  test("goes to the namespace of the mint, even when the spec has moved on", async () => {
    const { double, clock } = await start({ namespace: "team-a/web" });
    const minted = await mint(database, await loggedIn({ double, clock, options: { namespace: "team-a/web" } }));
    const moved = await loggedIn({
      double,
      clock,
      options: { namespace: "", auth: { method: "token", token: secretRef("hvs.app-token"), namespace: "team-a/web" } },
    });
    await vault.revoke?.(leaseOf(minted, moved), moved);
    expect(double.databaseUsers()).toEqual([]);
  });

  test("never touches the login: its other leases live on", async () => {
    const { double, clock } = await start();
    const ctx = await loggedIn({ double, clock });
    const first = await mint(database, ctx);
    await mint(database, ctx);
    await vault.revoke?.(leaseOf(first, ctx), ctx);
    expect(double.databaseUsers()).toHaveLength(1);
    expect(double.tokens().map(({ id }) => id)).toEqual(["hvs.app-token"]);
  });

  test("that the policy forbids names the policy to write", async () => {
    const { double, clock } = await start({ policies: { app: { "database/creds/*": ["read"] } } });
    const ctx = await loggedIn({ double, clock });
    const minted = await mint(database, ctx);
    await expect(vault.revoke?.(leaseOf(minted, ctx), ctx)).rejects.toMatchObject({
      code: "DENIED",
      hint: 'grant it in a policy: path "sys/leases/revoke" { capabilities = ["update"] }',
    });
  });

  test("that the engine could not carry out is tried again", async () => {
    const { double, clock } = await start();
    const ctx = await loggedIn({ double, clock });
    const minted = await mint(database, ctx);
    double.faults.next("POST /v1/sys/leases/revoke", {
      status: 400,
      body: { errors: ["failed to revoke entry: database is down"] },
    });
    await expect(vault.revoke?.(leaseOf(minted, ctx), ctx)).rejects.toMatchObject({
      code: "UNAVAILABLE",
      retryable: true,
    });
  });
});

test("says when the login ends before the credential that dies with it", async () => {
  const { ctx } = await asUser({ ttl: 20 * minute });
  await mint(database, ctx);
  expect(ctx.logs).toContainEqual(
    expect.objectContaining({
      level: "info",
      message: "the credential dies with its login, which ends earlier unless it is renewed",
      fields: expect.objectContaining({ loginSeconds: 1200, credentialSeconds: 3600 }),
    }),
  );
});

test("keeps neither token nor accessor nor a secret in the handle", async () => {
  const { double, clock } = await start();
  const { handle } = await mint(database, await loggedIn({ double, clock }));
  const text = JSON.stringify(handle);
  expect(text).not.toContain("hvs.app-token");
  expect(text).not.toContain(double.tokens()[0]?.accessor);
});

test("revokes at once what it cannot hand on, when the answer lacks a field", async () => {
  const { double, clock } = await start();
  const ctx = await loggedIn({ double, clock });
  await expect(mint({ path: "database/creds/app", fields: { user: "user" } }, ctx)).rejects.toMatchObject({
    code: "BAD_ANSWER",
    message: "the answer has no text at user",
    hint: "it has: username, password; correct `fields`",
  });
  expect(double.issued).toHaveLength(1);
  expect(double.databaseUsers()).toEqual([]);
});
