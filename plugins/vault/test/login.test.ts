import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCertificateAuthority, podToken, type VaultAuthMethod } from "@rotate/doubles";
import { secretRef } from "@rotate/testkit";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { vault } from "../src/vault.ts";
import { asUser, contextOf, database, hour, leaseOf, loggedIn, minute, mint, revealed, start } from "./support/call.ts";

const settings = { ttl: hour, maxTtl: 4 * hour, policies: ["app"] };

function appRole(secretId: string) {
  return { method: "approle", roleId: "role-1", secretId: secretRef(secretId) };
}

function podRole(role: string) {
  return { method: "kubernetes", role, jwt: secretRef(podToken("web", "other")) };
}

async function mintBy(method: VaultAuthMethod, auth: object) {
  const { double, clock } = await start({ auth: { [method.type]: method } });
  const ctx = await loggedIn({ double, clock, options: { auth } });
  const { username } = revealed(await mint(database, ctx));
  return { double, clock, username };
}

describe("logs in", () => {
  const approle = {
    type: "approle",
    roles: { app: { ...settings, roleId: "role-1", secretIds: { "secret-1": {} } } },
  } as const;
  const approleAuth = { method: "approle", roleId: "role-1", secretId: secretRef("secret-1") };

  test("by approle", async () => {
    const { username, double } = await mintBy(approle, approleAuth);
    expect(double.databaseUsers()).toEqual([username]);
  });

  test("by the service account of a pod", async () => {
    const kubernetes = {
      type: "kubernetes",
      serviceAccounts: { [podToken("web", "app")]: { namespace: "web", name: "app" } },
      roles: { app: { ...settings, names: ["app"], namespaces: ["web"] } },
    } as const;
    const { username, double } = await mintBy(kubernetes, {
      method: "kubernetes",
      role: "app",
      jwt: secretRef(podToken("web", "app")),
    });
    expect(double.databaseUsers()).toEqual([username]);
  });

  test("by a JWT of a trusted issuer, and says which claim does not fit", async () => {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    const { double, clock } = await start({
      auth: {
        ci: {
          type: "jwt",
          key: await exportJWK(publicKey),
          issuer: "https://ci.example.com",
          roles: { app: { ...settings, audiences: ["vault"], claims: { repository: "acme/app" } } },
        },
      },
    });
    async function jwtOf(repository: string) {
      return new SignJWT({ repository })
        .setProtectedHeader({ alg: "ES256" })
        .setIssuer("https://ci.example.com")
        .setAudience("vault")
        .setExpirationTime(Math.floor(clock.now() / 1000) + 600)
        .sign(privateKey);
    }
    const auth = async (repository: string) => ({
      method: "jwt",
      mount: "ci",
      role: "app",
      jwt: secretRef(await jwtOf(repository)),
    });
    await mint(database, await loggedIn({ double, clock, options: { auth: await auth("acme/app") } }));

    await expect(loggedIn({ double, clock, options: { auth: await auth("acme/other") } })).rejects.toMatchObject({
      code: "DENIED",
      message: expect.stringContaining('claim "repository" does not match'),
      hint: expect.stringContaining("bound audiences and claims"),
    });
  });

  test("by user name and password", async () => {
    const method = { type: "userpass", users: { app: { ...settings, password: "pa55word" } } } as const;
    const { username, double } = await mintBy(method, {
      method: "userpass",
      username: "app",
      password: secretRef("pa55word"),
    });
    expect(double.databaseUsers()).toEqual([username]);
  });

  test("by the client certificate of the connection", async () => {
    const authority = createCertificateAuthority();
    const server = authority.issue({ hosts: ["127.0.0.1"] });
    const client = authority.issue({ hosts: ["app.example.com"] });
    const { double, clock } = await start({
      tls: { ...server, clientCa: authority.ca },
      auth: { cert: { type: "cert", roles: { app: { ...settings, commonName: "app.example.com" } } } },
    });
    const options = {
      auth: { method: "cert" },
      tls: { ca: authority.ca, cert: client.cert, key: secretRef(client.key) },
    };
    await mint(database, await loggedIn({ double, clock, options }));

    await expect(loggedIn({ double, clock, options: { ...options, tls: { ca: authority.ca } } })).rejects.toMatchObject(
      {
        code: "DENIED",
        message: expect.stringContaining("no client certificate supplied"),
      },
    );
  });

  test("by a signed AWS identity, and is refused when the signature is of another key or too old", async () => {
    const identities = {
      AKIDEXAMPLE: {
        secretAccessKey: "aws-secret",
        sessionToken: "aws-session",
        arn: "arn:aws:sts::1:assumed-role/app/i",
      },
    };
    const method = {
      type: "aws",
      identities,
      serverId: "vault.example.com",
      roles: { app: { ...settings, arns: [identities.AKIDEXAMPLE.arn] } },
    } as const;
    const auth = {
      method: "aws",
      role: "app",
      region: "eu-west-1",
      serverId: "vault.example.com",
      accessKeyId: "AKIDEXAMPLE",
      secretAccessKey: secretRef("aws-secret"),
      sessionToken: secretRef("aws-session"),
    };
    const { double, clock } = await mintBy(method, auth);

    const wrong = { ...auth, secretAccessKey: secretRef("another") };
    await expect(loggedIn({ double, clock, options: { auth: wrong } })).rejects.toMatchObject({
      code: "DENIED",
      message: expect.stringContaining("SignatureDoesNotMatch"),
    });
    const { serverId: _none, ...unnamed } = auth;
    await expect(loggedIn({ double, clock, options: { auth: unnamed } })).rejects.toThrow(/missing header/);
    const late = contextOf({ double, clock, options: { auth } });
    await expect(vault.login?.({ ...late, now: () => clock.now() - 20 * minute })).rejects.toThrow(
      /SignatureDoesNotMatch/,
    );
  });

  test("by the token that an Agent keeps fresh in a file", async () => {
    const { double, clock } = await start();
    const path = join(await mkdtemp(join(tmpdir(), "vault-token-")), "token");
    await writeFile(path, "hvs.app-token\n");
    await mint(database, await loggedIn({ double, clock, options: { auth: { method: "token-file", path } } }));
    expect(double.databaseUsers()).toHaveLength(1);
  });

  test("by what `vault login` left, and says so when nobody logged in", async () => {
    const { double, clock } = await start();
    const home = await mkdtemp(join(tmpdir(), "vault-home-"));
    const setup = { double, clock, options: { auth: { method: "token-file" } }, env: { HOME: home } };
    await expect(loggedIn(setup)).rejects.toMatchObject({
      code: "NOT_FOUND",
      hint: expect.stringContaining("vault login"),
    });
    await writeFile(join(home, ".vault-token"), "hvs.app-token");
    await mint(database, await loggedIn(setup));
  });

  test("with a wrapped secret id once, and keeps what was in it for the next login", async () => {
    const { double, clock } = await start({ auth: { approle } });
    const wrapping = double.wrap(
      { secret_id: "secret-1", secret_id_accessor: "a", secret_id_ttl: 7200, secret_id_num_uses: 0 },
      5 * minute,
    );
    const auth = { method: "approle", roleId: "role-1", secretIdWrapped: secretRef(wrapping) };
    const ctx = await loggedIn({ double, clock, options: { auth } });
    expect((ctx.login as { bootstrapExpires: Date }).bootstrapExpires).toEqual(new Date(clock.now() + 2 * hour));
    await double.revokeToken(double.tokens().at(-1)?.id ?? "");

    const again = await vault.keepAlive?.(ctx);
    await mint(database, { ...ctx, login: again });
  });

  test("says that a wrapping token is spent, and that this may be a theft", async () => {
    const { double, clock } = await start({ auth: { approle } });
    const auth = { method: "approle", roleId: "role-1", secretIdWrapped: secretRef("hvs.opened-before") };
    await expect(loggedIn({ double, clock, options: { auth } })).rejects.toMatchObject({
      code: "DENIED",
      retryable: false,
      message: "the wrapping token of the secret id is spent or has expired",
      hint: expect.stringContaining("somebody else did"),
    });
  });
});

describe("refuses a login", () => {
  const role = { ...settings, roleId: "role-1" };

  test("whose secret id is used up or has expired", async () => {
    const secretIds = { once: { numUses: 1 }, brief: { ttl: minute } };
    const { double, clock } = await start({
      auth: { approle: { type: "approle", roles: { app: { ...role, secretIds } } } },
    });
    await loggedIn({ double, clock, options: { auth: appRole("once") } });
    await clock.advance(2 * minute);
    for (const secretId of ["once", "brief", "unknown"]) {
      await expect(loggedIn({ double, clock, options: { auth: appRole(secretId) } })).rejects.toMatchObject({
        code: "DENIED",
        message: expect.stringMatching(/^the login by approle was refused: .*invalid role or secret ID \(HTTP 400\)$/),
        hint: expect.stringContaining("issue a new one"),
      });
    }
  });

  test("with both secret ids, or none", async () => {
    const { double, clock } = await start();
    const both = { method: "approle", roleId: "r", secretId: secretRef("a"), secretIdWrapped: secretRef("b") };
    for (const auth of [both, { method: "approle", roleId: "r" }]) {
      await expect(loggedIn({ double, clock, options: { auth } })).rejects.toMatchObject({ code: "INVALID" });
    }
    expect(double.requests).toHaveLength(0);
  });

  test("of a pod whose account the role does not bind, apart from a role that does not exist", async () => {
    const method = {
      type: "kubernetes",
      serviceAccounts: { [podToken("web", "other")]: { namespace: "web", name: "other" } },
      roles: { app: { names: ["app"], namespaces: ["web"] } },
    } as const;
    const { double, clock } = await start({ auth: { kubernetes: method } });
    await expect(loggedIn({ double, clock, options: { auth: podRole("app") } })).rejects.toMatchObject({
      code: "DENIED",
      hint: expect.stringContaining("service account"),
    });
    await expect(loggedIn({ double, clock, options: { auth: podRole("nope") } })).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
  });

  test("by a token that is about to end, before anything is minted", async () => {
    const { double, clock } = await start({
      tokens: [{ id: "hvs.app-token", ttl: 10 * minute, maxTtl: 10 * minute, policies: ["app"] }],
    });
    await clock.advance(9 * minute + 30_000);
    await expect(loggedIn({ double, clock })).rejects.toMatchObject({
      code: "DENIED",
      message: "the token ends in 30 s and cannot be renewed",
      hint: expect.stringContaining("periodic"),
    });
    expect(double.issued).toHaveLength(0);
  });

  test("by a token that was revoked", async () => {
    const { double, clock } = await start();
    await double.revokeToken("hvs.app-token");
    await expect(loggedIn({ double, clock })).rejects.toMatchObject({
      code: "DENIED",
      hint: expect.stringContaining("expired or was revoked"),
    });
  });
});

describe("keeps the login", () => {
  test("alive by renewing its token, so that its leases live on", async () => {
    const { double, clock, ctx } = await asUser({ ttl: hour, maxTtl: 24 * hour });
    const minted = await mint(database, ctx);
    await clock.advance(40 * minute);
    const kept = await vault.keepAlive?.(ctx);
    expect(kept).toMatchObject({ expires: { in: hour } });
    await clock.advance(10 * minute);
    await vault.renew?.(leaseOf(minted, ctx), { ...ctx, login: kept });
    await clock.advance(45 * minute);
    await double.sweep();
    expect(double.databaseUsers()).toHaveLength(1);
  });

  test("by a new token when the old one nears the end of its renewals, without killing the old one's leases", async () => {
    const { double, clock, ctx } = await asUser({ ttl: hour, maxTtl: 80 * minute });
    await mint(database, ctx);
    await clock.advance(55 * minute);
    const kept = await vault.keepAlive?.(ctx);
    expect(kept).toMatchObject({ expires: { in: hour } });
    expect(double.tokens().filter(({ path }) => path.startsWith("auth/userpass"))).toHaveLength(2);
    expect(double.databaseUsers()).toHaveLength(1);
    expect(double.requests.some(({ path }) => path.includes("revoke"))).toBe(false);
  });

  test("and tells when a token that nothing can lengthen will end", async () => {
    const end = { id: "hvs.app-token", ttl: 2 * hour, renewable: false, policies: ["app"] };
    const { double, clock } = await start({ tokens: [end] });
    const ctx = await loggedIn({ double, clock });
    expect(ctx.login).toMatchObject({ bootstrapExpires: new Date(clock.now() + 2 * hour) });
  });

  test("is not replaced while the server is down", async () => {
    const { double, ctx } = await asUser({ ttl: hour });
    double.setNode("sealed");
    await expect(vault.keepAlive?.(ctx)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(double.requests.filter(({ path }) => path.includes("/login/"))).toHaveLength(1);
  });
});
