import type { Secret } from "@rotate/plugin-kit";
import { readSigningKey, signJwt } from "@rotate/plugin-kit/tokens";
import type { Ctx } from "./options.ts";

/** Seconds: GitHub advises to date back by a minute, and takes an end of at most ten minutes ahead. One minute is left for clocks that differ. */
const backdated = 60;
const life = 540;

/** The JWT by which an app proves itself (docs.github.com, "Generating a JSON Web Token for a GitHub App"). Throws INVALID for a key that is none. */
export async function appJwt({ options, resolve, now, secret }: Ctx): Promise<Secret> {
  const key = readSigningKey(await resolve(options.privateKey), "RS256", "privateKey");
  const seconds = Math.floor(now() / 1000);
  const claims = { iss: options.appId, iat: seconds - backdated, exp: seconds + life };
  return secret(signJwt({ algorithm: "RS256", claims }, key), "app JWT");
}
