import { randomUUID } from "node:crypto";
import { exportJWK, generateKeyPair, jwtVerify, SignJWT, type JSONWebKeySet, type JWTPayload } from "jose";
import type { DatabaseToken } from "./types.ts";

/** What the two kinds of token are for: a database credential is no access token, and an access token is no database credential. */
const audiences = { database: "databricks-postgres", api: "databricks-api" } as const;

/** Signs with a key of its own, and knows what it signed. */
export interface Signer {
  readonly jwks: () => JSONWebKeySet;
  readonly signDatabaseToken: (
    token: Omit<DatabaseToken, "jti">,
  ) => Promise<{ readonly jwt: string; readonly jti: string }>;
  readonly verifyDatabaseToken: (jwt: string) => Promise<DatabaseToken>;
  readonly signAccessToken: (sub: string, scope: string, exp: number) => Promise<string>;
  /** Rejects with a `jose` error; `ERR_JWT_EXPIRED` when only its time is over. */
  readonly verifyAccessToken: (jwt: string) => Promise<{ readonly sub: string; readonly scope: string }>;
}

/** How it signs, and by which clock. `now`: ms since 1970. */
export interface SignerOptions {
  readonly now: () => number;
  readonly algorithm: "ES256" | "RS256";
  readonly issuer: () => string;
  /** Milliseconds before its end that an access token is refused. */
  readonly earlyExpiry: number;
}

/** Signs and checks the workspace's tokens with a key of its own. Instants (`exp`) in seconds since 1970, as in RFC 7519. */
export async function createSigner(options: SignerOptions): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair(options.algorithm, { extractable: true });
  const kid = randomUUID();
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: options.algorithm, use: "sig" };

  function sign(audience: string, exp: number, claims: JWTPayload): Promise<string> {
    return new SignJWT(claims)
      .setProtectedHeader({ alg: options.algorithm, kid, typ: "JWT" })
      .setIssuer(options.issuer())
      .setAudience(audience)
      .setIssuedAt(Math.floor(options.now() / 1000))
      .setExpirationTime(exp)
      .sign(privateKey);
  }

  async function verify(jwt: string, audience: string, early: number): Promise<JWTPayload> {
    const { payload } = await jwtVerify(jwt, publicKey, {
      issuer: options.issuer(),
      audience,
      algorithms: [options.algorithm],
      requiredClaims: ["sub", "jti", "exp"],
      currentDate: new Date(options.now() + early),
    });
    return payload;
  }

  return {
    jwks: () => ({ keys: [jwk] }),
    async signDatabaseToken({ sub, exp, resources }) {
      const jti = randomUUID();
      return { jti, jwt: await sign(audiences.database, exp, { sub, jti, resources }) };
    },
    async verifyDatabaseToken(jwt) {
      const payload = await verify(jwt, audiences.database, 0);
      return {
        sub: String(payload.sub),
        jti: String(payload.jti),
        exp: Number(payload.exp),
        resources: Array.isArray(payload["resources"]) ? payload["resources"].map(String) : [],
      };
    },
    signAccessToken: (sub, scope, exp) => sign(audiences.api, exp, { sub, scope, jti: randomUUID() }),
    async verifyAccessToken(jwt) {
      const payload = await verify(jwt, audiences.api, options.earlyExpiry);
      return { sub: String(payload.sub), scope: String(payload["scope"]) };
    },
  };
}
