import type { ErrorCode } from "@rotate/plugin-kit";

/** How a refusal is to be taken. */
export interface Reading {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  /** Undefined in a DENIED: what the login itself advises. */
  readonly hint?: string | undefined;
}

interface Row extends Reading {
  /** Holds against `CODE: message`, where the code may be a number. */
  readonly pattern: RegExp;
}

/** What to do about a rate limit, and about an outage. */
export const busy = "the workspace limits calls: fewer rotations at one moment, or a longer ttl";
export const outage = "the workspace cannot be reached or is down: see the status page of Databricks, if it lasts";

const denied = { code: "DENIED", retryable: false } as const;
const invalid = { code: "INVALID", retryable: false } as const;

/**
 * What Databricks says, first match counts: over HTTP with a code in front, out of the CLI as a message alone.
 * Sources: databricks-sdk-go apierr/errors.go and its issues 873, 1061; databricks-sdk-py issue 1210; databricks/cli libs/testserver.
 */
const rows: readonly Row[] = [
  {
    pattern: /ip acl|ip access list/i,
    ...denied,
    hint: "add this machine's address to the IP access list of the workspace, or run where it is allowed",
  },
  {
    pattern: /jwt has expired|token is expiring|token (is|has) expired/i,
    ...denied,
    hint: "the control-plane token is over: check this machine's clock, and fetch a new one if it is not fetched by auth",
  },
  {
    pattern: /required scopes/i,
    ...denied,
    hint: "the token's scope must hold all-apis or postgres: see auth.scope",
  },
  {
    pattern: /credential was not sent|unsupported type for this api/i,
    ...denied,
    hint: "a host that serves several workspaces needs workspaceId; else this kind of token is not taken here",
  },
  {
    pattern: /invalid access to org/i,
    ...denied,
    hint: "the token belongs to another workspace: check host and workspaceId against it",
  },
  { pattern: /invalid access token|^401:/i, ...denied },
  {
    pattern: /endpoint_not_found|no api found/i,
    ...invalid,
    hint: "this host has no such API (it is not about the request's endpoint): is host a workspace URL, and api the right generation?",
  },
  {
    pattern: /feature_disabled|is not enabled/i,
    ...invalid,
    hint: "ask a workspace administrator to enable Lakebase",
  },
  {
    pattern: /permission_denied|does not have .*permission/i,
    ...denied,
    hint: "give this identity CAN_USE on the database project (or instance)",
  },
  {
    pattern: /invalid_client|client authentication failed/i,
    ...denied,
    hint: "check clientId and clientSecret; a Microsoft Entra secret is not taken here: make a Databricks OAuth secret for the service principal",
  },
  {
    pattern: /refresh token is invalid|not configured for this host|cannot configure default credentials/i,
    ...denied,
    hint: "log in again: databricks auth login",
  },
  {
    pattern: /invalid_grant/i,
    ...denied,
    hint: "a federation policy must match the identity token's issuer, subject and audience: compare it with the token",
  },
  {
    pattern: /request_limit_exceeded|resource_exhausted|rate limit|too many requests/i,
    code: "RATE_LIMITED",
    retryable: true,
    hint: busy,
  },
  {
    pattern:
      /temporarily_unavailable|temporarily unavailable|connection re(fused|set)|no such host|i\/o timeout|unexpected eof/i,
    code: "UNAVAILABLE",
    retryable: true,
    hint: outage,
  },
  {
    pattern: /^not_found|id not found|does not exist/i,
    code: "NOT_FOUND",
    retryable: false,
    hint: "compare it with what `databricks postgres list-endpoints` prints: paths hold names, not UIDs",
  },
  {
    pattern:
      /invalid_parameter_value|bad_request|malformed_request|must match pattern|must be between|is required, expected/i,
    ...invalid,
    hint: "check the request: endpoint is projects/P/branches/B/endpoints/E, and ttl is 5m to 1h",
  },
];

/** How `said` is to be taken, if it is a thing that Databricks is known to say. */
export function readingOf(said: string): Reading | undefined {
  return rows.find(({ pattern }) => pattern.test(said));
}

/** The reading as error details; a refused login without a hint of its own gets the login's advice. */
export function withHint({ code, retryable, hint }: Reading, remedy: string): Reading {
  return { code, retryable, hint: hint ?? (code === "DENIED" || code === "FAILED" ? remedy : undefined) };
}
