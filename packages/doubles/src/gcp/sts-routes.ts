import { decodeJwt, errors, importJWK, jwtVerify } from "jose";
import type { DoubleAnswer, DoubleRequest } from "../http-double.ts";
import { formOf, gcpFaults, oauthError } from "./answers.ts";
import type { GcpState } from "./state.ts";
import type { PoolProvider } from "./types.ts";

const audiencePattern =
  /^\/\/iam\.googleapis\.com\/projects\/[^/]+\/locations\/global\/workloadIdentityPools\/[^/]+\/providers\/[^/]+$/;
const accessTokenType = "urn:ietf:params:oauth:token-type:access_token";
const subjectTypes = ["urn:ietf:params:oauth:token-type:jwt", "urn:ietf:params:oauth:token-type:id_token"];

/** `POST /v1/token`: token exchange (cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token). */
export async function exchange(request: DoubleRequest, state: GcpState): Promise<DoubleAnswer> {
  const form = formOf(request);
  const fault = form === undefined ? oauthError("invalid_request", "Bad Request") : faultIn(form);
  if (form === undefined || fault !== undefined) return fault ?? { status: 400 };
  const audience = form.get("audience") ?? "";
  const provider = state.options.pools?.find((one) => one.audience === audience && one.disabled !== true);
  if (provider === undefined) return gcpFaults.poolGone;
  const subject = await verify(form.get("subject_token") ?? "", provider, state.now());
  if (typeof subject !== "string") return subject;
  if (provider.subjects !== undefined && !provider.subjects.includes(subject)) return gcpFaults.condition;
  const pool = audience.replace(/\/providers\/.*/, "");
  const scopes = (form.get("scope") ?? "").split(" ");
  const token = state.issue({ principal: `principal:${pool}/subject/${subject}`, scopes, by: "exchange" }, 3_600_000);
  const body = { access_token: token, issued_token_type: accessTokenType, token_type: "Bearer", expires_in: 3600 };
  return { status: 200, body };
}

function faultIn(form: URLSearchParams): DoubleAnswer | undefined {
  if (form.get("grant_type") !== "urn:ietf:params:oauth:grant-type:token-exchange") {
    return oauthError("unsupported_grant_type", "Invalid grant type.");
  }
  if (!audiencePattern.test(form.get("audience") ?? "")) return gcpFaults.badAudience;
  if (form.get("requested_token_type") !== accessTokenType) {
    return oauthError("invalid_request", 'Invalid value for "requested_token_type".');
  }
  if (!subjectTypes.includes(form.get("subject_token_type") ?? "")) {
    return oauthError("invalid_request", 'Invalid value for "subject_token_type".');
  }
  return form.get("scope") ? undefined : oauthError("invalid_scope", "The scope is missing.");
}

async function verify(jwt: string, { audience, issuer, allowedAudience, key }: PoolProvider, now: number) {
  const expected = allowedAudience ?? `https:${audience}`;
  try {
    const claims = decodeJwt(jwt);
    if (claims.iss !== issuer) {
      return oauthError("invalid_grant", "The issuer in ID Token does not match the expected ones.");
    }
    if (![claims.aud].flat().includes(expected)) {
      return oauthError(
        "invalid_grant",
        `The audience in ID Token [${String(claims.aud)}] does not match the expected audience ${expected}.`,
      );
    }
    const { payload } = await jwtVerify(jwt, await importJWK(key), {
      requiredClaims: ["sub", "exp", "iat"],
      currentDate: new Date(now),
    });
    return payload.sub ?? "";
  } catch (error) {
    if (error instanceof errors.JWTExpired) return gcpFaults.staleIdentity;
    return oauthError("invalid_grant", "Unable to parse or verify the ID Token.");
  }
}
