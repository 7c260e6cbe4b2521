/** A workspace's token service, cut down to one key: signs database credentials and checks their signatures. */
import { randomUUID } from "node:crypto";
import { generateKeyPair, jwtVerify, SignJWT } from "jose";
import type { VerifiedToken } from "@rotate/doubles";

export interface Tokens {
  /** @param seconds its life @param resources the endpoints it is for */
  readonly mint: (sub: string, seconds?: number, resources?: readonly string[]) => Promise<string>;
  /** Signature only: expiry is the gateway's to check. */
  readonly verify: (jwt: string) => Promise<VerifiedToken>;
}

export async function createTokens(now: () => number): Promise<Tokens> {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  return {
    mint: (sub, seconds = 3600, resources = []) =>
      new SignJWT({ sub, resources, jti: randomUUID(), exp: Math.floor(now() / 1000) + seconds })
        .setProtectedHeader({ alg: "ES256" })
        .sign(privateKey),
    async verify(jwt) {
      const { payload } = await jwtVerify(jwt, publicKey, { currentDate: new Date(0) });
      const resources = Array.isArray(payload["resources"]) ? payload["resources"].map(String) : [];
      return { sub: String(payload.sub), jti: String(payload.jti), exp: Number(payload.exp), resources };
    },
  };
}
