import { describe, expect, test } from "vitest";
import { vault } from "../src/vault.ts";
import { vaultKv } from "../src/kv.ts";
import { contextOf, database, leaseOf, loggedIn, mint, start } from "./support/call.ts";

const creds = "GET /v1/database/creds/app";

function errors(...texts: readonly string[]) {
  return { errors: texts };
}

describe("an answer that is no success says what, where and what to do", () => {
  test.each([
    [
      "a sealed server",
      { status: 503, body: errors("Vault is sealed") },
      { code: "UNAVAILABLE", retryable: true, noEffect: true, hint: expect.stringMatching(/unseal/) },
    ],
    [
      "a node without a leader",
      { status: 503, body: errors("no active Vault instance found") },
      { code: "UNAVAILABLE", retryable: true, noEffect: true, hint: expect.stringMatching(/active node/) },
    ],
    [
      "a disaster-recovery secondary",
      { status: 472, body: "" },
      { code: "UNAVAILABLE", retryable: true, hint: expect.stringMatching(/primary/) },
    ],
    [
      "a performance standby",
      { status: 473, body: "" },
      { code: "UNAVAILABLE", retryable: true, hint: expect.stringMatching(/cluster/) },
    ],
    [
      "a rate limit with Retry-After",
      {
        status: 429,
        body: errors('request path "database/creds/app": rate limit quota exceeded'),
        headers: { "retry-after": "7" },
      },
      { code: "RATE_LIMITED", retryable: true, retryAfter: 7000 },
    ],
    [
      "a rate limit without one",
      { status: 429, body: errors("rate limit quota exceeded") },
      { code: "RATE_LIMITED", retryable: true, retryAfter: undefined },
    ],
    [
      "a full quota of leases",
      { status: 429, body: errors("1 error occurred:\n\t* lease count quota exceeded\n\n") },
      { code: "RATE_LIMITED", hint: expect.stringMatching(/revoke leases/) },
    ],
    [
      "a database that is down",
      { status: 500, body: errors("1 error occurred:\n\t* failed to create user: connection refused\n\n") },
      {
        code: "UNAVAILABLE",
        retryable: true,
        noEffect: true,
        message: "cannot read database/creds/app: failed to create user: connection refused (HTTP 500)",
      },
    ],
    [
      "a transaction that could not begin",
      {
        status: 500,
        body: errors(
          "unable to start transaction: failed to connect to `host=db user=root`: dial error: connection refused",
        ),
      },
      { code: "UNAVAILABLE", retryable: true, noEffect: true, hint: expect.stringMatching(/made nothing/) },
    ],
    [
      "a statement that failed half-way",
      { status: 500, body: errors("failed to execute query: unexpected EOF") },
      { code: "UNAVAILABLE", retryable: true, noEffect: false },
    ],
    [
      "a cloud that fails",
      { status: 502, body: errors("upstream") },
      { code: "UNAVAILABLE", retryable: true, noEffect: false },
    ],
    [
      "a role that the connection does not allow",
      { status: 500, body: errors('1 error occurred:\n\t* "app" is not an allowed role\n\n') },
      { code: "DENIED", retryable: false, hint: expect.stringMatching(/allowed_roles/) },
    ],
    [
      "a role that does not exist",
      { status: 400, body: errors("unknown role: app") },
      { code: "NOT_FOUND", retryable: false, hint: expect.stringMatching(/role's name/) },
    ],
    [
      "a path where nothing is mounted",
      { status: 404, body: errors('no handler for route "x". route entry not found.') },
      { code: "NOT_FOUND", hint: expect.stringMatching(/mounted/) },
    ],
    [
      "a path that wants a write",
      { status: 405, body: errors("1 error occurred:\n\t* unsupported operation\n\n") },
      { code: "INVALID", hint: expect.stringMatching(/method: write/) },
    ],
    [
      "a proxy's error page",
      { status: 502, body: "<html>bad gateway</html>", headers: { "content-type": "text/html" } },
      { code: "UNAVAILABLE", message: "cannot read database/creds/app: a web page answered (HTTP 502)" },
    ],
    ["a login page", "html", { code: "BAD_ANSWER", retryable: false, hint: expect.stringMatching(/login page/) }],
    [
      "a success with an error inside",
      { status: 200, body: errors("permission denied") },
      { code: "BAD_ANSWER", message: expect.stringMatching(/success and errors at once: permission denied/) },
    ],
    [
      "another API's answer",
      { status: 200, body: { status: "ok" } },
      { code: "BAD_ANSWER", message: expect.stringMatching(/lease_id was expected/) },
    ],
    [
      "a token where a secret was due",
      { status: 200, body: { auth: { client_token: "hvs.x" } } },
      { code: "BAD_ANSWER", message: expect.stringMatching(/answers with a token/) },
    ],
    [
      "ten megabytes",
      { status: 200, body: "x".repeat(10 * 1024 * 1024) },
      { code: "BAD_ANSWER", message: expect.stringMatching(/larger than/) },
    ],
    ["a connection that breaks", "drop", { code: "UNAVAILABLE", retryable: true }],
    ["an answer cut in the middle", "cut", { code: "UNAVAILABLE", retryable: true, noEffect: false }],
  ] as const)("%s", async (_name, fault, expected) => {
    const { double, clock } = await start();
    const ctx = await loggedIn({ double, clock });
    double.faults.next(creds, fault);
    const error: unknown = await mint(database, ctx).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject(expected);
    expect((error as { hint?: string }).hint).toBeTruthy();
  });

  test("a missing permission names path and capability", async () => {
    const { double, clock } = await start({ policies: {} });
    await expect(mint(database, await loggedIn({ double, clock }))).rejects.toMatchObject({
      code: "DENIED",
      message: "the token may not read database/creds/app: permission denied (HTTP 403)",
      hint: 'grant it in a policy: path "database/creds/app" { capabilities = ["read"] }',
    });
  });

  test("a token that died under us is not taken for a missing permission", async () => {
    const { double, clock } = await start();
    const ctx = await loggedIn({ double, clock });
    await double.revokeToken("hvs.app-token");
    await expect(mint(database, ctx)).rejects.toMatchObject({
      code: "DENIED",
      message: expect.stringContaining("invalid token"),
      hint: expect.stringContaining("no longer valid"),
    });
  });

  test("a namespace that does not exist, and one where nothing is", async () => {
    const { double, clock } = await start({ namespace: "team-a" });
    const other = { double, clock, options: { namespace: "team-b" } };
    await expect(loggedIn(other)).rejects.toMatchObject({ code: "NOT_FOUND", hint: "check `namespace`" });
    await expect(loggedIn({ double, clock })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await mint(database, await loggedIn({ double, clock, options: { namespace: "team-a" } }));
  });

  test("a kv path without data/ under the wrong provider", async () => {
    const { double, clock } = await start({ tokens: [{ id: "hvs.app-token", root: true }] });
    await expect(
      mint({ path: "secret/app", fields: { password: "password" } }, await loggedIn({ double, clock })),
    ).rejects.toMatchObject({ code: "NOT_FOUND", hint: expect.stringContaining("vault-kv") });
    const one = { path: "app", mount: "secret", engine: "1", fields: { password: "password" } };
    await expect(mint(one, await loggedIn({ double, clock, provider: vaultKv }), vaultKv)).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
  });
});

describe("a database behind the engine", () => {
  test("that is down has made no user, and can drop none", async () => {
    const { double, clock } = await start();
    const ctx = await loggedIn({ double, clock });
    const minted = await mint(database, ctx);
    double.setDatabase("down");
    await expect(mint(database, ctx)).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true, noEffect: true });
    await expect(vault.revoke?.(leaseOf(minted, ctx), ctx)).rejects.toMatchObject({
      code: "UNAVAILABLE",
      retryable: true,
      hint: expect.stringContaining("cannot reach"),
    });
    double.setDatabase("up");
    await vault.revoke?.(leaseOf(minted, ctx), ctx);
    expect(double.databaseUsers()).toEqual([]);
  });

  test("where objects belong to the user says what its role has to do first", async () => {
    const { double, clock } = await start();
    const ctx = await loggedIn({ double, clock });
    const minted = await mint(database, ctx);
    double.setDatabase("depended-upon");
    await expect(vault.revoke?.(leaseOf(minted, ctx), ctx)).rejects.toMatchObject({
      message: expect.stringContaining("cannot be dropped because some objects depend on it"),
      hint: expect.stringContaining("REASSIGN OWNED"),
    });
    expect(double.databaseUsers()).toHaveLength(1);
  });
});

test("OpenBao's bare refusal of a token that died is no missing permission", async () => {
  const { double, clock } = await start({ vendor: "openbao" });
  const ctx = await loggedIn({ double, clock });
  await double.revokeToken("hvs.app-token");
  await expect(mint(database, ctx)).rejects.toMatchObject({
    code: "DENIED",
    message: "cannot read database/creds/app: permission denied (HTTP 403)",
    hint: expect.stringContaining("no longer valid"),
  });
});

describe("the check before a mint", () => {
  test.each([
    ["sealed", "the server is sealed (HTTP 503)", true],
    ["uninitialized", "the server is not initialized (HTTP 501)", false],
    ["dr-secondary", "the server is a disaster-recovery secondary (HTTP 472)", true],
  ] as const)("finds a node that is %s", async (state, message, retryable) => {
    const { double, clock } = await start();
    const ctx = await loggedIn({ double, clock });
    double.setNode(state);
    await expect(vault.check?.(ctx)).rejects.toMatchObject({ code: "UNAVAILABLE", message, retryable });
    expect(double.issued).toEqual([]);
  });

  test.each(["active", "standby", "performance-standby"] as const)(
    "is content with a node that is %s",
    async (state) => {
      const { double, clock } = await start();
      const ctx = await loggedIn({ double, clock });
      double.setNode(state);
      await expect(vault.check?.(ctx)).resolves.toBeUndefined();
    },
  );
});

describe("on the wire", () => {
  test("the token goes in its header only, and every request says that it is Vault's", async () => {
    const { double, clock } = await start({ requireRequestHeader: true });
    await mint(database, await loggedIn({ double, clock }));
    for (const { path, query, headers, body } of double.requests) {
      expect(headers["x-vault-request"]).toBe("true");
      expect(`${path}?${query.toString()} ${body}`).not.toContain("hvs.app-token");
    }
  });

  test("a standby that has not seen our token yet is asked again, and then given up", async () => {
    const { double, clock } = await start();
    const ctx = await loggedIn({ double, clock });
    const behind = { status: 412, body: errors("required index state not present") };
    double.faults.next(creds, behind, behind);
    await mint(database, ctx);
    double.faults.next(creds, behind, behind, behind);
    await expect(mint(database, ctx)).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true, noEffect: true });
    expect(double.issued).toHaveLength(1);
  });

  test("a path that is given as tls.ca is not taken for a certificate", async () => {
    const { double, clock } = await start();
    const ctx = contextOf({ double, clock, options: { tls: { ca: "/etc/vault/ca.pem" } } });
    await expect(vault.login?.(ctx)).rejects.toMatchObject({
      code: "INVALID",
      hint: "write ca: { file: PATH } to have the file read",
    });
  });

  test("a server of an authority that we do not know is refused", async () => {
    const { createCertificateAuthority } = await import("@rotate/doubles");
    const authority = createCertificateAuthority();
    const { double, clock } = await start({ tls: authority.issue({ hosts: ["127.0.0.1"] }) });
    await expect(loggedIn({ double, clock })).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: false });
    await loggedIn({ double, clock, options: { tls: { ca: authority.ca } } });
  });
});
