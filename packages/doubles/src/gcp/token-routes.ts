import type { JWTPayload } from "jose";
import { claimsIn, isSignedBy } from "../assertion.ts";
import type { DoubleAnswer, DoubleRequest } from "../http-double.ts";
import { formOf, gcpFaults, oauthError } from "./answers.ts";
import type { GcpState } from "./state.ts";

/** Clocks may differ by so much, seconds. */
const tolerance = 30;
const life = 3_599_000;
/** Google's libraries make assertions for it, wherever they send them. */
const publicAddress = "https://oauth2.googleapis.com/token";

/** `POST /token`: JWT bearer and refresh token grants (developers.google.com/identity/protocols/oauth2). `url` is the endpoint's own. */
export async function token(request: DoubleRequest, state: GcpState, url: string): Promise<DoubleAnswer> {
  const form = formOf(request);
  if (form === undefined) return oauthError("invalid_request", "Bad Request");
  switch (form.get("grant_type") ?? "") {
    case "urn:ietf:params:oauth:grant-type:jwt-bearer":
      return jwtBearer(form.get("assertion") ?? "", state, url);
    case "refresh_token":
      return refresh(form, state);
    default:
      return oauthError("unsupported_grant_type", "Invalid grant_type");
  }
}

async function jwtBearer(assertion: string, state: GcpState, url: string): Promise<DoubleAnswer> {
  const claims = claimsIn(assertion);
  if (claims === undefined) return oauthError("invalid_grant", "Bad Request");
  const email = claims.iss ?? "";
  if (!state.accounts.includes(email)) return gcpFaults.accountGone;
  const key = state.keyOf(email);
  if (key === undefined || !(await isSignedBy(assertion, key.publicKey))) return gcpFaults.badSignature;
  if (claims.aud !== url && claims.aud !== publicAddress)
    return oauthError("invalid_grant", "Invalid JWT: Failed audience check.");
  if (!isTimely(claims, state.now())) return gcpFaults.clock;
  return grant(claims, email, state);
}

async function grant(claims: JWTPayload, email: string, state: GcpState): Promise<DoubleAnswer> {
  const { sub = email, scope, target_audience: audience } = claims as JWTPayload & Readonly<Record<string, string>>;
  if (sub !== email && !state.options.delegated?.[email]?.includes(sub)) return gcpFaults.noDelegation;
  if (typeof audience === "string" && audience !== "") {
    return { status: 200, body: { id_token: await state.signIdToken(email, audience, true) } };
  }
  if (typeof scope !== "string" || scope === "") return gcpFaults.badScope;
  return accessToken(state.issue({ principal: sub, scopes: scope.split(" "), by: "key" }, life));
}

function accessToken(access_token: string, more: object = {}): DoubleAnswer {
  return { status: 200, body: { access_token, expires_in: life / 1000, token_type: "Bearer", ...more } };
}

function isTimely({ iat, exp }: JWTPayload, now: number): boolean {
  if (iat === undefined || exp === undefined) return false;
  const seconds = now / 1000;
  return iat <= seconds + tolerance && exp > seconds - tolerance && exp - iat <= 3600;
}

function refresh(form: URLSearchParams, state: GcpState): DoubleAnswer {
  const person = state.options.people?.find(({ clientId }) => clientId === form.get("client_id"));
  if (person === undefined || person.clientSecret !== form.get("client_secret")) return gcpFaults.badClient;
  const shown = form.get("refresh_token") ?? "";
  if (shown !== person.refreshToken) return oauthError("invalid_grant", "Bad Request");
  if (state.deadRefreshTokens.has(shown)) return gcpFaults.refreshRevoked;
  const consented = [
    "https://www.googleapis.com/auth/cloud-platform",
    "openid",
    "https://www.googleapis.com/auth/sqlservice.login",
  ];
  const scopes = form.get("scope")?.split(" ") ?? consented;
  if (scopes.some((scope) => !consented.includes(scope))) return gcpFaults.badScope;
  return accessToken(state.issue({ principal: person.email, scopes, by: "refresh-token" }, life), {
    scope: scopes.join(" "),
  });
}

/** `POST /tokeninfo`: what an access token is good for (bearer header, form or query). */
export function tokenInfo(request: DoubleRequest, { inspect, now }: GcpState): DoubleAnswer {
  const bearer = /^Bearer (\S+)$/.exec(request.headers["authorization"] ?? "")?.[1];
  const shown = bearer ?? request.query.get("access_token") ?? formOf(request)?.get("access_token") ?? "";
  const record = inspect(shown);
  if (record === undefined)
    return { status: 400, body: { error: "invalid_token", error_description: "Invalid Value" } };
  const { principal: email, scopes, expiresAt } = record;
  const times = {
    exp: String(Math.floor(expiresAt / 1000)),
    expires_in: String(Math.floor((expiresAt - now()) / 1000)),
  };
  return {
    status: 200,
    body: { azp: email, aud: email, scope: scopes.join(" "), email, email_verified: "true", ...times },
  };
}
