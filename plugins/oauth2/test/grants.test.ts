import { createCertificateAuthority } from "@rotate/doubles";
import { secretRef } from "@rotate/testkit";
import { exportJWK, exportPKCS8, generateKeyPair } from "jose";
import { describe, expect, test } from "vitest";
import { oauth2 } from "../src/oauth2.ts";
import { basicAuth, contextOf, hour, mint, oddSecret, start, textOf } from "./support/call.ts";

describe("the client proves itself", () => {
  test.each([
    ["client_secret_basic", "basic"],
    ["client_secret_post", "post"],
  ])("by %s, whatever characters its secret has", async (method, clientId) => {
    const { double, clock } = await start();
    const clientAuth = { method, clientSecret: secretRef(oddSecret) };
    const minted = await mint({ scope: "read" }, contextOf({ double, clock, options: { clientId, clientAuth } }));
    expect(minted.expires).toEqual({ in: hour });
    expect(double.accepts(textOf(minted))).toBe(true);
    expect(double.issued[0]).toMatchObject({ client: clientId, scope: "read" });
  });

  test.each(["ES256", "RS256", "PS256", "EdDSA"] as const)(
    "by a JWT signed with %s, a new one for each request",
    async (algorithm) => {
      const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
      const key = { ...(await exportJWK(publicKey)), alg: algorithm };
      const { double, clock } = await start({
        clients: { app: { method: "private_key_jwt", key, grants: ["client_credentials"], scopes: ["read"] } },
      });
      const clientAuth = { method: "private_key_jwt", algorithm, key: secretRef(await exportPKCS8(privateKey)) };
      const ctx = contextOf({ double, clock, options: { clientId: "app", clientAuth } });
      await mint({}, ctx);
      const minted = await mint({}, ctx);
      expect(double.accepts(textOf(minted))).toBe(true);
      await oauth2.revokeValue?.(minted.fields, {
        ...ctx,
        options: { ...(ctx.options as object), revocationEndpoint: double.revocationEndpoint },
      });
      expect(double.accepts(textOf(minted))).toBe(false);
    },
  );

  test("and a key that cannot sign so is refused before anything is sent", async () => {
    const { privateKey } = await generateKeyPair("RS256", { extractable: true });
    const { double, clock } = await start();
    for (const text of [await exportPKCS8(privateKey), "no key at all"]) {
      const clientAuth = { method: "private_key_jwt", key: secretRef(text) };
      await expect(mint({}, contextOf({ double, clock, options: { clientAuth } }))).rejects.toMatchObject({
        code: "INVALID",
        retryable: false,
      });
    }
    expect(double.requests).toHaveLength(0);
  });
});

describe("token exchange", () => {
  const subjects = { "ci-jwt": "repo:acme/app" };
  const grant = { type: "token-exchange", subjectToken: secretRef("ci-jwt") };

  test("turns another token into one of this server", async () => {
    const { double, clock } = await start({ subjects, audiences: ["api"] });
    const minted = await mint({ grant, audience: "api", scope: "read" }, contextOf({ double, clock }));
    expect(double.issued[0]).toMatchObject({ token: textOf(minted), subject: "repo:acme/app", audience: "api" });
  });

  test("names its actor with the actor's type", async () => {
    const { double, clock } = await start({ subjects });
    await mint({ grant: { ...grant, actorToken: secretRef("actor") } }, contextOf({ double, clock }));
    expect(new URLSearchParams(double.requests[0]?.body).get("actor_token_type")).toBe(
      "urn:ietf:params:oauth:token-type:jwt",
    );
  });

  test("for an audience that the server does not serve", async () => {
    const { double, clock } = await start({ subjects, audiences: ["api"] });
    await expect(mint({ grant, audience: "other" }, contextOf({ double, clock }))).rejects.toMatchObject({
      code: "INVALID",
      message: expect.stringContaining("invalid_target"),
    });
  });
});

describe("the life of a token", () => {
  test.each(["number", "text"] as const)("is what the server says, as a %s", async (expiresIn) => {
    const { double, clock } = await start({ expiresIn, ttl: 900_000 });
    expect((await mint({}, contextOf({ double, clock }))).expires).toEqual({ in: 900_000 });
  });

  test("is read from a JWT when the server does not say it", async () => {
    const { double, clock } = await start({ expiresIn: "absent", jwt: true });
    expect((await mint({ expiresIn: 60_000 }, contextOf({ double, clock }))).expires).toEqual(
      new Date(clock.now() + hour),
    );
  });

  test("is what the spec says when nobody else does, and never guessed", async () => {
    const { double, clock } = await start({ expiresIn: "absent" });
    expect((await mint({ expiresIn: 60_000 }, contextOf({ double, clock }))).expires).toEqual({ in: 60_000 });
    await expect(mint({}, contextOf({ double, clock }))).rejects.toMatchObject({
      code: "BAD_ANSWER",
      hint: expect.stringContaining("expiresIn"),
    });
  });
});

describe("discovery", () => {
  const discovered = { tokenEndpoint: undefined };

  test.each([
    ["oauth", ""],
    ["oauth", "/realms/app"],
    ["openid", "/realms/app"],
  ] as const)("finds the endpoints by %s metadata of an issuer with the path %j", async (discovery, issuerPath) => {
    const { double, clock } = await start({ discovery, issuerPath });
    const ctx = contextOf({ double, clock, options: { ...discovered, issuer: double.issuer } });
    const minted = await mint({}, ctx);
    await oauth2.revokeValue?.(minted.fields, ctx);
    expect(double.accepts(textOf(minted))).toBe(false);
  });

  test("sends no secret to a server that calls itself by another name", async () => {
    const { double, clock } = await start();
    const body = { issuer: "https://evil.test", token_endpoint: "https://evil.test/token" };
    double.faults.next("GET /.well-known/oauth-authorization-server", { status: 200, body });
    await expect(
      mint({}, contextOf({ double, clock, options: { ...discovered, issuer: double.issuer } })),
    ).rejects.toMatchObject({ code: "BAD_ANSWER", message: expect.stringContaining("calls itself https://evil.test") });
    expect(double.requests).toHaveLength(1);
  });

  test("without issuer and endpoint says what is missing", async () => {
    const { double, clock } = await start();
    await expect(mint({}, contextOf({ double, clock, options: discovered }))).rejects.toMatchObject({
      code: "INVALID",
      hint: "give one of them",
    });
  });

  test("trusts a private authority", async () => {
    const authority = createCertificateAuthority();
    const { double, clock } = await start({ tls: authority.issue({ hosts: ["127.0.0.1"] }) });
    const options = { ...discovered, issuer: double.issuer };
    await expect(mint({}, contextOf({ double, clock, options }))).rejects.toMatchObject({ code: "UNAVAILABLE" });
    const minted = await mint({}, contextOf({ double, clock, options: { ...options, tls: { ca: authority.ca } } }));
    expect(double.accepts(textOf(minted))).toBe(true);
  });
});

describe("a refusal", () => {
  test.each([
    [
      "wrong secret",
      { clientAuth: { ...basicAuth, clientSecret: secretRef("wrong") } },
      {},
      {
        code: "DENIED",
        message: "no token was granted: invalid_client: wrong client secret (HTTP 401)",
        hint: expect.stringContaining("clientAuth"),
      },
    ],
    [
      "another method than registered",
      { clientAuth: { ...basicAuth, method: "client_secret_post" } },
      {},
      { code: "DENIED", message: expect.stringContaining("invalid_client") },
    ],
    ["unknown client", { clientId: "nobody" }, {}, { code: "DENIED" }],
    [
      "scope beyond the client's",
      {},
      { scope: "admin" },
      { code: "INVALID", message: expect.stringContaining("invalid_scope") },
    ],
    [
      "grant that the client may not use",
      { clientId: "post", clientAuth: { method: "client_secret_post", clientSecret: secretRef(oddSecret) } },
      { grant: { type: "token-exchange", subjectToken: secretRef("x") } },
      { code: "DENIED", message: expect.stringContaining("unauthorized_client") },
    ],
    [
      "public client that has no credentials",
      { clientId: "public", clientAuth: { method: "none" } },
      {},
      { code: "DENIED" },
    ],
  ] as const)("of a %s is final and says what to do", async (_name, options, request, expected) => {
    const { double, clock } = await start();
    const error: unknown = await mint(request, contextOf({ double, clock, options })).catch(
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ retryable: false, hint: expect.any(String), ...expected });
    expect(double.issued).toHaveLength(0);
  });

  test.each([
    [
      "a limit",
      { status: 429, body: { error: "slow_down" }, headers: { "retry-after": "9" } },
      { code: "RATE_LIMITED", retryable: true, retryAfter: 9000 },
    ],
    ["a server that is down", { status: 503, body: "down" }, { code: "UNAVAILABLE", retryable: true, noEffect: true }],
    [
      "temporarily_unavailable",
      { status: 400, body: { error: "temporarily_unavailable" } },
      { code: "UNAVAILABLE", retryable: true },
    ],
    [
      "an error that the standard does not know",
      { status: 400, body: { error: "mfa_required", error_description: "step\nup" } },
      { code: "INVALID", message: "no token was granted: mfa_required: step up (HTTP 400)" },
    ],
    [
      "an error with status 200",
      { status: 200, body: { error: "invalid_client" } },
      { code: "DENIED", message: expect.stringContaining("invalid_client") },
    ],
    ["a login page", "html", { code: "BAD_ANSWER", retryable: false }],
    ["an empty token", { status: 200, body: { access_token: "", token_type: "bearer" } }, { code: "BAD_ANSWER" }],
    [
      "a token bound to a key",
      { status: 200, body: { access_token: "x", token_type: "DPoP", expires_in: 60 } },
      { code: "BAD_ANSWER", message: expect.stringContaining("of type DPoP") },
    ],
    [
      "a life that is no number",
      { status: 200, body: { access_token: "x", token_type: "bearer", expires_in: "soon" } },
      { code: "BAD_ANSWER", message: "the token's expires_in is no life" },
    ],
    ["ten megabytes", { status: 200, body: "x".repeat(10 * 1024 * 1024) }, { code: "BAD_ANSWER" }],
    ["a broken connection", "drop", { code: "UNAVAILABLE", retryable: true }],
    ["an answer cut in the middle", "cut", { code: "UNAVAILABLE", noEffect: false }],
  ] as const)("or %s is told apart", async (_name, fault, expected) => {
    const { double, clock } = await start();
    double.faults.next("POST /token", fault);
    const error: unknown = await mint({}, contextOf({ double, clock })).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ hint: expect.any(String), ...expected });
  });

  test("shows no secret", async () => {
    const { double, clock } = await start();
    double.faults.next("POST /token", {
      status: 400,
      body: { error: "invalid_request", error_description: `you sent ${oddSecret}` },
    });
    const ctx = contextOf({ double, clock });
    const error: unknown = await mint({}, ctx).catch((reason: unknown) => reason);
    expect(ctx.mask(String(error))).not.toContain(oddSecret);
  });
});

describe("revocation", () => {
  test("kills the token that is shown, again when it is dead, and only there where the server offers it", async () => {
    const { double, clock } = await start();
    const ctx = contextOf({ double, clock, options: { revocationEndpoint: double.revocationEndpoint } });
    const minted = await mint({}, ctx);
    await oauth2.revokeValue?.(minted.fields, ctx);
    await oauth2.revokeValue?.(minted.fields, ctx);
    expect(double.accepts(textOf(minted))).toBe(false);
    await expect(oauth2.revokeValue?.(minted.fields, contextOf({ double, clock }))).rejects.toMatchObject({
      code: "INVALID",
      retryable: false,
      hint: expect.stringContaining("revoke: never"),
    });
  });

  test("leaves the other tokens of the client alone", async () => {
    const { double, clock } = await start();
    const ctx = contextOf({ double, clock, options: { revocationEndpoint: double.revocationEndpoint } });
    const first = await mint({}, ctx);
    const second = await mint({}, ctx);
    await oauth2.revokeValue?.(first.fields, ctx);
    expect(double.accepts(textOf(second))).toBe(true);
  });
});
