import { randomUUID } from "node:crypto";
import type { DoubleAnswer, DoubleFault } from "../http-double.ts";

/** The usual error: a text code and a message (databricks-sdk-go apierr/errors.go). */
export function apiError(status: number, code: string, message: string): DoubleAnswer {
  const details = [
    { "@type": "type.googleapis.com/google.rpc.RequestInfo", request_id: randomUUID(), serving_data: "" },
  ];
  return { status, body: { error_code: code, message, details } };
}

/** The authentication layer's error: a numeric code and the reason phrase header (databricks-sdk-go#873). */
export function authError(status: 401 | 403, message: string): DoubleAnswer {
  return { status, body: { error_code: status, message }, headers: { "x-databricks-reason-phrase": message } };
}

/** RFC 6749 section 5.2. */
export function oauthError(status: number, error: string, description: string): DoubleAnswer {
  return { status, body: { error, error_description: description } };
}

/** 404, as the API says it. */
export function notFound(what: "project" | "branch" | "endpoint" | "instance"): DoubleAnswer {
  return apiError(404, "NOT_FOUND", `${what} id not found [TraceId: ${randomUUID().replaceAll("-", "")}]`);
}

/** 400 `INVALID_PARAMETER_VALUE`. */
export function invalidParameter(message: string): DoubleAnswer {
  return apiError(400, "INVALID_PARAMETER_VALUE", message);
}

/** Any route that does not exist: not to be taken for a missing endpoint. */
export function noSuchApi(method: string, path: string): DoubleAnswer {
  return {
    status: 404,
    body: {
      error_code: "ENDPOINT_NOT_FOUND",
      message: `No API found for '${method} ${path.replace(/^\/api\/2\.\d/, "")}'`,
    },
  };
}

const notSent = "Credential was not sent or was of an unsupported type for this API.";

/** The error rows of the service as one-shot faults, ready for `faults.next`. */
export const databricksFaults = {
  invalidToken: authError(403, "Invalid access token."),
  expiredToken: authError(403, "JWT has expired"),
  expiringToken: authError(403, "Token is expiring within 30 seconds"),
  credentialNotSent: authError(401, notSent),
  ipBlocked: authError(403, "Source IP address: 203.0.113.7 is blocked by Databricks IP ACL for workspace: 1234567890"),
  wrongWorkspace: authError(403, "Invalid access to Org: 1234567890"),
  permissionDenied: apiError(403, "PERMISSION_DENIED", "User does not have CAN_USE permission on the project."),
  featureDisabled: apiError(403, "FEATURE_DISABLED", "Lakebase is not enabled for this workspace."),
  endpointMissing: notFound("endpoint"),
  wrongPath: noSuchApi("POST", "/api/2.0/postgres/credentials"),
  rateLimited: {
    ...apiError(429, "REQUEST_LIMIT_EXCEEDED", "Requests exceed the rate limit."),
    headers: { "retry-after": "7" },
  },
  rateLimitedWithoutRetryAfter: apiError(429, "RESOURCE_EXHAUSTED", "Requests exceed the rate limit."),
  rateLimitedWithRetryInfo: {
    status: 429,
    body: {
      error_code: "RESOURCE_EXHAUSTED",
      message: "Requests exceed the rate limit.",
      details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retry_delay: "3s" }],
    },
  },
  rateLimitedWithEmptyBody: { status: 429, body: "" },
  unavailable: apiError(503, "TEMPORARILY_UNAVAILABLE", "The service is temporarily unavailable."),
  internal: apiError(500, "INTERNAL_ERROR", "Unknown error."),
  emptyBadRequest: { status: 400, body: "" },
  invalidClient: oauthError(401, "invalid_client", "Client authentication failed"),
  api12Error: { status: 400, body: { error: "Bad request of API 1.2" } },
  scimError: {
    status: 403,
    body: { schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"], detail: "Not allowed", status: "403" },
  },
  plainText: { status: 500, body: "INTERNAL_ERROR: something broke" },
} as const satisfies Readonly<Record<string, DoubleFault>>;

/** The answer to a request without a usable credential. */
export const credentialNotSent: DoubleAnswer = databricksFaults.credentialNotSent;
