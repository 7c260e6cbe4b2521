/** A certified client (OpenID) as a witness: what it does with the double, it does with an authorization server. */
import { createOAuth2Double, type OAuth2Double, type OAuth2DoubleOptions } from "@rotate/doubles";
import { exportJWK, generateKeyPair } from "jose";
import {
  allowInsecureRequests,
  clientCredentialsGrant,
  ClientSecretBasic,
  ClientSecretPost,
  discovery,
  genericGrantRequest,
  PrivateKeyJwt,
  refreshTokenGrant,
  tokenRevocation,
  type ClientAuth,
} from "openid-client";
import { describe, expect, onTestFinished, test } from "vitest";

const oddSecret = "p:ss w+rd%/é&=";
const grants = ["client_credentials", "refresh_token"] as const;
const shared = { grants, scopes: ["read", "write"] };

async function start(options: Partial<OAuth2DoubleOptions> = {}): Promise<OAuth2Double> {
  const double = await createOAuth2Double({
    clients: {
      basic: { ...shared, method: "client_secret_basic", secret: oddSecret },
      post: { ...shared, method: "client_secret_post", secret: oddSecret },
    },
    ...options,
  });
  onTestFinished(double.close);
  return double;
}

function clientOf({ issuer }: OAuth2Double, id: string, auth: ClientAuth, algorithm: "oauth2" | "oidc" = "oauth2") {
  return discovery(new URL(issuer), id, undefined, auth, { algorithm, execute: [allowInsecureRequests] });
}

describe("openid-client gets a token", () => {
  test.each([
    ["oauth", "oauth2", ""],
    ["oauth", "oauth2", "/realms/app"],
    ["openid", "oidc", "/realms/app"],
  ] as const)("where %s metadata says so (%s, issuer path %j)", async (kind, algorithm, issuerPath) => {
    const double = await start({ discovery: kind, issuerPath });
    const client = await clientOf(double, "basic", ClientSecretBasic(oddSecret), algorithm);
    const { access_token: token, expires_in: life } = await clientCredentialsGrant(client, { scope: "read" });
    expect(double.accepts(token)).toBe(true);
    expect(life).toBeGreaterThan(3590);
  });

  test("by a secret in the form", async () => {
    const double = await start();
    const client = await clientOf(double, "post", ClientSecretPost(oddSecret));
    expect(double.accepts((await clientCredentialsGrant(client)).access_token)).toBe(true);
  });

  test("by a key", async () => {
    const { privateKey, publicKey } = await generateKeyPair("ES256");
    const key = { ...(await exportJWK(publicKey)), alg: "ES256" };
    const double = await start({ clients: { signing: { ...shared, method: "private_key_jwt", key } } });
    const client = await clientOf(double, "signing", PrivateKeyJwt(privateKey));
    expect(double.accepts((await clientCredentialsGrant(client)).access_token)).toBe(true);
  });

  test("by a refresh token, which is good once", async () => {
    const double = await start({ refreshTokens: { first: { client: "basic", scope: "read" } } });
    const client = await clientOf(double, "basic", ClientSecretBasic(oddSecret));
    const { access_token: token, refresh_token: next } = await refreshTokenGrant(client, "first");
    expect(double.accepts(token)).toBe(true);
    expect(next).toBeDefined();
    await expect(refreshTokenGrant(client, "first")).rejects.toMatchObject({ error: "invalid_grant" });
  });

  test("in exchange for another one", async () => {
    const exchange = "urn:ietf:params:oauth:grant-type:token-exchange";
    const double = await start({
      clients: { basic: { method: "client_secret_basic", secret: oddSecret, grants: [exchange], scopes: ["read"] } },
      subjects: { theirs: "ann" },
    });
    const client = await clientOf(double, "basic", ClientSecretBasic(oddSecret));
    const subject = {
      subject_token: "theirs",
      subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
    };
    const { access_token: token } = await genericGrantRequest(client, exchange, subject);
    expect(double.issued.find((one) => one.token === token)).toMatchObject({ subject: "ann" });
  });
});

test("openid-client gives a token back, and reads why one is refused", async () => {
  const double = await start();
  const client = await clientOf(double, "basic", ClientSecretBasic(oddSecret));
  const { access_token: token } = await clientCredentialsGrant(client);
  await tokenRevocation(client, token);
  expect(double.accepts(token)).toBe(false);
  const asked = clientCredentialsGrant(client, { scope: "admin" });
  await expect(asked).rejects.toMatchObject({ error: "invalid_scope", status: 400 });
});

test.each([
  ["not encoded", btoa("basic:100%")],
  ["not encoded, with a colon", btoa("basic:a:b")],
  ["no pair at all", btoa("basic")],
  ["no base64", "***"],
])("a Basic header that is %s is a client that is not known, and nothing worse", async (_name, credentials) => {
  const double = await start();
  const answer = await fetch(double.tokenEndpoint, {
    method: "POST",
    headers: { authorization: `Basic ${credentials}` },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
  });
  expect(answer.status).toBe(401);
  expect(await answer.json()).toMatchObject({ error: "invalid_client" });
});
