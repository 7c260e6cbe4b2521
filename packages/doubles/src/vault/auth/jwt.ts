import { errors, importJWK, jwtVerify, type JWTPayload } from "jose";
import { textOf, type Call, type LoginResult, type Services } from "../call.ts";
import { refuse } from "../envelope.ts";
import type { AuthMethod } from "../types.ts";

type JwtMethod = Extract<AuthMethod, { readonly type: "jwt" }>;

/** `auth/jwt/login`: signature, issuer, life, audience and bound claims, each with the server's words. */
export function createJwtLogin(method: JwtMethod, { now }: Services) {
  async function verified(jwt: string): Promise<JWTPayload> {
    try {
      const key = await importJWK(method.key, method.key.alg ?? "ES256");
      const { payload } = await jwtVerify(jwt, key, {
        issuer: method.issuer,
        currentDate: new Date(now()),
        clockTolerance: 60,
      });
      return payload;
    } catch (error) {
      return refuse(400, `error validating token: ${faultOf(error)}`);
    }
  }
  return async (call: Call): Promise<LoginResult> => {
    const name = textOf(call, "role") || (method.defaultRole ?? refuse(400, "missing role"));
    const role = method.roles[name] ?? refuse(400, `role "${name}" could not be found`);
    const claims = await verified(textOf(call, "jwt", "missing token"));
    if (![claims.aud].flat().some((aud) => aud !== undefined && role.audiences.includes(aud))) {
      return refuse(
        400,
        "error validating token: invalid audience (aud) claim: audience claim does not match any expected audience",
      );
    }
    const wrong = Object.entries(role.claims ?? {}).find(([claim, value]) => claims[claim] !== value);
    if (wrong !== undefined) {
      const fault = claims[wrong[0]] === undefined ? "is missing" : "does not match any associated bound claim values";
      return refuse(400, `error validating claims: claim "${wrong[0]}" ${fault}`);
    }
    return { displayName: `jwt-${claims.sub ?? ""}`, settings: role, metadata: { role: name } };
  };
}

/** In the words of the server's library (go-jose, cap/jwt). */
function faultOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return "invalid expiration time (exp) claim: token is expired";
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === "iss") return "invalid issuer (iss) claim";
  return `error verifying token signature: ${error instanceof Error ? error.message : "unknown"}`;
}
