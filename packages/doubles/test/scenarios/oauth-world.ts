/** The same clients and refresh tokens, in the double and in oidc-provider. */
import { once } from "node:events";
import { createServer } from "node:http";
import { createOAuth2Double, listen, type OAuth2Client } from "@rotate/doubles";
import type Provider from "oidc-provider";
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from "jose";
import { comparable, expectStatus, type Answer } from "./scenario.ts";

/** The pair of the client that signs. */
export interface ClientKey {
  readonly jwk: JWK;
  readonly privateKey: CryptoKey;
}

export interface OAuthPlace {
  readonly issuer: string;
  readonly tokenEndpoint: string;
  readonly revocationEndpoint: string;
  readonly key: ClientKey;
  /** Refresh tokens of the client `basic`, each unused. */
  readonly refreshTokens: readonly string[];
}

export interface OAuthWorld extends OAuthPlace {
  readonly close: () => Promise<unknown>;
}

export const oddSecret = "p:ss w+rd%/&=";
const refreshTokens = ["refresh-1", "refresh-2", "refresh-3"];

export async function createClientKey(): Promise<ClientKey> {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  return { jwk: { ...(await exportJWK(publicKey)), alg: "ES256", use: "sig" }, privateKey };
}

function clientsWith(key: JWK): Readonly<Record<string, OAuth2Client>> {
  const shared = { grants: ["client_credentials"], scopes: ["read", "write"] } as const;
  return {
    basic: {
      ...shared,
      grants: ["client_credentials", "refresh_token"],
      method: "client_secret_basic",
      secret: oddSecret,
    },
    post: { ...shared, method: "client_secret_post", secret: oddSecret },
    signing: { ...shared, method: "private_key_jwt", key },
  };
}

export async function startOAuthDoubleWorld(key: ClientKey): Promise<OAuthWorld> {
  const double = await createOAuth2Double({
    clients: clientsWith(key.jwk),
    refreshTokens: Object.fromEntries(refreshTokens.map((token) => [token, { client: "basic", scope: "read write" }])),
  });
  return { ...double, key, refreshTokens };
}

/** A certified authorization server (OpenID Connect, FAPI), in this process. */
export async function startOidcProvider(key: ClientKey): Promise<OAuthWorld> {
  const { default: OidcProvider } = await import("oidc-provider");
  const server = createServer();
  const issuer = `http://127.0.0.1:${await listen(server)}`;
  const signing = await generateKeyPair("RS256", { extractable: true });
  const clients = Object.entries(clientsWith(key.jwk)).map(([client_id, { method, secret, grants, scopes }]) => ({
    client_id,
    token_endpoint_auth_method: method,
    grant_types: [...grants, ...(grants.includes("refresh_token") ? ["authorization_code"] : [])],
    redirect_uris: grants.includes("refresh_token") ? ["https://app.example/callback"] : [],
    response_types: grants.includes("refresh_token") ? ["code"] : [],
    scope: scopes.join(" "),
    ...(secret !== undefined && { client_secret: secret }),
    ...(method === "private_key_jwt" && { jwks: { keys: [key.jwk] }, token_endpoint_auth_signing_alg: "ES256" }),
  }));
  const provider = new OidcProvider(issuer, {
    clients,
    scopes: ["read", "write", "admin"],
    ttl: { ClientCredentials: 3600, AccessToken: 3600, RefreshToken: 86_400, Grant: 86_400, IdToken: 3600 },
    jwks: { keys: [{ ...(await exportJWK(signing.privateKey)), alg: "RS256", use: "sig" }] } as never,
    features: {
      clientCredentials: { enabled: true },
      revocation: { enabled: true, allowedPolicy: () => true },
      devInteractions: { enabled: false },
    },
    routes: { token: "/token", revocation: "/revoke" },
    clientAuthMethods: ["client_secret_basic", "client_secret_post", "private_key_jwt"],
    rotateRefreshToken: true,
    issueRefreshToken: async () => true,
    findAccount: (_ctx: object, accountId: string) => ({ accountId, claims: () => ({ sub: accountId }) }),
  });
  server.on("request", provider.callback());
  return {
    issuer,
    tokenEndpoint: `${issuer}/token`,
    revocationEndpoint: `${issuer}/revoke`,
    key,
    refreshTokens: await Promise.all(refreshTokens.map(() => authorize(provider))),
    close: () => {
      server.closeAllConnections();
      return once(server.close(), "close");
    },
  };
}

/** A refresh token, as a person's consent would have made it. */
async function authorize({ Client, Grant, RefreshToken }: Provider): Promise<string> {
  const grant = new Grant({ accountId: "user", clientId: "basic" });
  grant.addOIDCScope("read write");
  const of = { client: await Client.find("basic"), accountId: "user", scope: "read write", gty: "authorization_code" };
  return new RefreshToken({ ...of, grantId: await grant.save() }).save();
}

export interface OAuthAsk {
  readonly endpoint?: "token" | "revocation";
  /** `basic:secret`, sent in the header. */
  readonly basic?: readonly [string, string];
  readonly headers?: Readonly<Record<string, string>>;
}

interface Reply {
  readonly error?: string;
  readonly error_description?: string;
  readonly access_token: string;
  readonly refresh_token: string;
}

export interface OAuthSubject extends OAuthPlace {
  readonly ask: (form: Readonly<Record<string, string>>, wanted: number, how?: OAuthAsk) => Promise<Reply>;
  /** A JWT by which the client `signing` proves itself. */
  readonly assertion: (claims?: Readonly<Record<string, unknown>>) => Promise<string>;
}

const comparing = {
  // RFC 6749 §5.2 leaves the description to each server.
  volatile: new Set(["access_token", "refresh_token", "error_description"]),
  lives: new Set(["expires_in"]),
  parts: [],
};

let asserted = 0;

export function oauthSubject(place: OAuthPlace, record: (answer: Answer) => void): OAuthSubject {
  async function ask(form: Readonly<Record<string, string>>, wanted: number, how: OAuthAsk = {}): Promise<Reply> {
    const { endpoint = "token", basic, headers = {} } = how;
    const url = endpoint === "token" ? place.tokenEndpoint : place.revocationEndpoint;
    const pair = basic?.map((part) => new URLSearchParams([["", part]]).toString().slice(1)).join(":");
    const answer = await fetch(url, {
      method: "POST",
      headers: { ...(pair !== undefined && { authorization: `Basic ${btoa(pair)}` }), ...headers },
      body: new URLSearchParams(form),
    });
    const text = await answer.text();
    const asked = `${endpoint} ${form["grant_type"] ?? ""}`;
    expectStatus(asked, { status: answer.status, text, wanted });
    const reply = (text === "" ? {} : JSON.parse(text)) as Reply;
    const challenge = answer.headers.get("www-authenticate")?.split(" ")[0] ?? null;
    const cache = endpoint === "token" && answer.headers.get("cache-control");
    // A server may say more of a refusal than the RFC asks for.
    const said = answer.ok ? reply : { error: reply.error, error_description: reply.error_description };
    const kept = { cache, challenge, ...said };
    record({ asked, status: answer.status, body: comparable(kept, comparing) });
    return reply;
  }
  const assertion = (claims: Readonly<Record<string, unknown>> = {}) =>
    new SignJWT({ iss: "signing", sub: "signing", aud: place.issuer, jti: `jti-${(asserted += 1)}`, ...claims })
      .setProtectedHeader({ alg: "ES256" })
      .setIssuedAt()
      .setExpirationTime("1m")
      .sign(place.key.privateKey);
  return { ...place, ask, assertion };
}
