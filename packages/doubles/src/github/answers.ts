import type { DoubleAnswer, DoubleFault } from "../http-double.ts";

const documentation_url = "https://docs.github.com/rest";

/** An error of the REST API. */
export function apiError(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): DoubleAnswer {
  return { status, body: { message, documentation_url, status: String(status) }, headers };
}

/** The error rows of GitHub as one-shot faults, ready for `faults.next`. */
export const githubFaults = {
  badJwt: apiError(401, "A JSON web token could not be decoded"),
  noKey: apiError(401, "Integration must generate a public key"),
  unknownApp: apiError(401, "Integration not found"),
  issuedAhead: apiError(
    401,
    "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
  ),
  endTooFar: apiError(401, "'Expiration time' claim ('exp') is too far in the future"),
  ended: apiError(
    401,
    "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
  ),
  badCredentials: apiError(401, "Bad credentials"),
  suspended: apiError(403, "This installation has been suspended"),
  ipBlocked: apiError(
    403,
    "Although you appear to have the correct authorization credentials, the `acme` organization has an IP allow list enabled, and your IP address is not permitted to access this resource.",
  ),
  notAccessible: apiError(403, "Resource not accessible by integration"),
  personalNotAccessible: apiError(403, "Resource not accessible by personal access token"),
  notFound: apiError(404, "Not Found"),
  permissionNotGranted: apiError(422, "The permissions requested are not granted to this installation."),
  repositoryMissing: apiError(
    422,
    "There is at least one repository that does not exist or is not accessible to the parent installation.",
  ),
  invalidRequest: apiError(422, "Invalid request."),
  secondaryLimit: apiError(
    403,
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
    { "retry-after": "7" },
  ),
  secondaryLimitWithoutTime: apiError(
    403,
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
  ),
  tooMany: apiError(429, "Too many requests"),
  unavailable: { status: 503, body: "" },
  unicorn: {
    status: 502,
    body: "<!DOCTYPE html><title>Unicorn! · GitHub</title>",
    headers: { "content-type": "text/html" },
  },
} as const satisfies Readonly<Record<string, DoubleFault>>;

/** The primary rate limit, over at `reset` (milliseconds since 1970). */
export function primaryLimit(reset: number): DoubleAnswer {
  const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(Math.floor(reset / 1000)) };
  return apiError(403, "API rate limit exceeded for installation ID 1.", headers);
}
