import { exportJWK, generateKeyPair, type JWK, jwtVerify, SignJWT } from "jose";
import type { EntraToken } from "./types.ts";

/** A token's subject and service. `life` in milliseconds. */
export interface TokenFor {
  readonly appid: string;
  readonly aud: string;
  readonly life: number;
}

/** Signs tokens, and knows its own. */
export interface EntraSigner {
  readonly sign: (token: TokenFor) => Promise<string>;
  readonly verify: (jwt: string) => Promise<EntraToken>;
  /** Its public half. */
  readonly jwk: JWK;
}

/** Signs and checks the tenant's tokens. */
export async function createSigner(tid: string, now: () => number): Promise<EntraSigner> {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const issuer = `https://sts.windows.net/${tid}/`;
  return {
    jwk: { ...(await exportJWK(publicKey)), kid: "double", use: "sig" },
    sign({ appid, aud, life }) {
      const seconds = Math.floor(now() / 1000);
      return new SignJWT({ appid, tid, ver: "1.0" })
        .setProtectedHeader({ alg: "ES256", typ: "JWT", kid: "double" })
        .setIssuer(issuer)
        .setAudience(aud)
        .setIssuedAt(seconds)
        .setNotBefore(seconds)
        .setExpirationTime(seconds + Math.floor(life / 1000))
        .sign(privateKey);
    },
    async verify(jwt) {
      const { payload } = await jwtVerify(jwt, publicKey, { issuer, currentDate: new Date(now()) });
      return { appid: String(payload["appid"]), aud: String(payload.aud), tid, exp: Number(payload.exp) };
    },
  };
}
