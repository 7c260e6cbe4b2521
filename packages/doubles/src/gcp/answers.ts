import type { DoubleAnswer, DoubleFault, DoubleRequest } from "../http-double.ts";

/** An error of a token endpoint or of STS. */
export function oauthError(error: string, description: string, more: object = {}): DoubleAnswer {
  return { status: 400, body: { error, error_description: description, ...more } };
}

/** An error of an API: google.rpc.Status as JSON. */
export function apiError([code, status]: readonly [number, string], message: string, reason?: string): DoubleAnswer {
  const details =
    reason === undefined ? {} : { details: [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason }] };
  return { status: code, body: { error: { code, message, status, ...details } } };
}

/** The form of a request, or undefined when it is none. */
export function formOf({ headers, body }: DoubleRequest): URLSearchParams | undefined {
  const isForm = headers["content-type"]?.startsWith("application/x-www-form-urlencoded") ?? false;
  return isForm ? new URLSearchParams(body) : undefined;
}

const flavor = { "metadata-flavor": "Google", server: "Metadata Server for VM" };

/** Any answer of the metadata server: its headers tell it from whoever else has its address. */
export function metadataAnswer(status: number, body: unknown, type = "application/json"): DoubleAnswer {
  return { status, body, headers: { ...flavor, "content-type": type } };
}

const shortLived =
  "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.";

/** The error rows of Google's services as one-shot faults, ready for `faults.next`. */
export const gcpFaults = {
  badSignature: oauthError("invalid_grant", "Invalid JWT Signature."),
  clock: oauthError("invalid_grant", shortLived),
  accountGone: oauthError("invalid_grant", "Invalid grant: account not found"),
  refreshRevoked: oauthError("invalid_grant", "Token has been expired or revoked."),
  reauth: oauthError("invalid_grant", "reauth related error (invalid_rapt)", { error_subtype: "invalid_rapt" }),
  noDelegation: oauthError(
    "unauthorized_client",
    "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.",
  ),
  badScope: oauthError("invalid_scope", "Invalid OAuth scope or ID token audience provided."),
  badClient: { status: 401, body: { error: "invalid_client", error_description: "The OAuth client was not found." } },
  policy: oauthError("access_denied", "Account restricted"),
  internalFailure: { status: 500, body: { error: "internal_failure" } },
  unavailableOAuth: { status: 400, body: { error: "temporarily_unavailable" } },
  poolGone: oauthError("invalid_target", 'The target service indicated by the "audience" parameters is invalid.'),
  badAudience: oauthError("invalid_request", 'Invalid value for "audience".'),
  wrongIdentityAudience: oauthError(
    "invalid_grant",
    "The audience in ID Token [x] does not match the expected audience https://iam.googleapis.com/y.",
  ),
  staleIdentity: oauthError("invalid_grant", "ID Token issued at 1 is stale to sign-in."),
  condition: oauthError("unauthorized_client", "The given credential is rejected by the attribute condition."),
  permissionDenied: apiError(
    [403, "PERMISSION_DENIED"],
    "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).",
    "IAM_PERMISSION_DENIED",
  ),
  apiDisabled: apiError(
    [403, "PERMISSION_DENIED"],
    "IAM Service Account Credentials API has not been used in project 1 before or it is disabled.",
    "SERVICE_DISABLED",
  ),
  narrowScope: apiError(
    [403, "PERMISSION_DENIED"],
    "Request had insufficient authentication scopes.",
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
  ),
  unauthenticated: apiError([401, "UNAUTHENTICATED"], "Request had invalid authentication credentials."),
  tooLong: apiError([400, "INVALID_ARGUMENT"], "The access token lifetime cannot exceed 3600 seconds."),
  exhausted: {
    ...apiError([429, "RESOURCE_EXHAUSTED"], "Quota exceeded for quota metric 'Generate credentials request'."),
    headers: { "retry-after": "7" },
  },
  unavailable: apiError([503, "UNAVAILABLE"], "The service is currently unavailable."),
  internal: apiError([500, "INTERNAL"], "Internal error encountered."),
  noFlavor: { status: 200, body: { access_token: "x", expires_in: 5, token_type: "Bearer" } },
  metadataBusy: metadataAnswer(429, "too many requests", "text/plain"),
  metadataDown: metadataAnswer(503, "unavailable", "text/plain"),
} as const satisfies Readonly<Record<string, DoubleFault>>;
