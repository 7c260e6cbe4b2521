import { byOutage, bySilence, meanings, type Refusals } from "@rotate/plugin-kit";

const { denied, failed, invalid, limited, missing, person, stranger, unsure, wait } = meanings;

const busy = "the workspace limits calls: fewer rotations at one moment, or a longer ttl";
const outage = "the workspace cannot be reached or is down: see the status page of Databricks, if it lasts";

/**
 * What Databricks says: over HTTP with a code in front, out of the CLI as a message alone.
 * Sources: databricks-sdk-go apierr/errors.go and its issues 873, 1061; databricks-sdk-py issue 1210; databricks/cli libs/testserver, libs/auth.
 */
const words: Refusals = [
  {
    said: /ip acl|ip access list/i,
    ...denied,
    hint: "add this machine's address to the IP access list of the workspace, or run where it is allowed",
  },
  {
    said: /jwt has expired|token is expiring|token (is|has) expired/i,
    ...denied,
    hint: "the control-plane token is over: check this machine's clock, and fetch a new one if it is not fetched by auth",
  },
  {
    said: /required scopes/i,
    ...denied,
    hint: "the token's scope must hold all-apis or postgres: see auth.scope",
  },
  {
    said: /credential was not sent|unsupported type for this api/i,
    ...denied,
    hint: "a host that serves several workspaces needs workspaceId; else this kind of token is not taken here",
  },
  {
    said: /invalid access to org/i,
    ...denied,
    hint: "the token belongs to another workspace: check host and workspaceId against it",
  },
  { said: /invalid access token|^401:/i, ...denied },
  {
    said: /endpoint_not_found|no api found/i,
    ...invalid,
    hint: "this host has no such API (it is not about the request's endpoint): is host a workspace URL, and api the right generation?",
  },
  {
    said: /feature_disabled|is not enabled/i,
    ...invalid,
    hint: "ask a workspace administrator to enable Lakebase",
  },
  {
    said: /permission_denied|does not have .*permission/i,
    ...denied,
    hint: "give this identity CAN_USE on the database project (or instance)",
  },
  {
    said: /invalid_client|client authentication failed/i,
    ...denied,
    hint: "check clientId and clientSecret; a Microsoft Entra secret is not taken here: make a Databricks OAuth secret for the service principal",
  },
  {
    said: /refresh token is invalid|not configured for this host|no cached credentials|stored credentials from older CLI|cannot configure default credentials/i,
    ...person,
    hint: "log in again as the user that runs rotate: databricks auth login",
  },
  {
    said: /invalid_grant/i,
    ...denied,
    hint: "a federation policy must match the identity token's issuer, subject and audience: compare it with the token",
  },
  {
    said: /request_limit_exceeded|resource_exhausted|rate limit|too many requests/i,
    ...limited,
    hint: busy,
  },
  {
    said: /temporarily_unavailable|temporarily unavailable|connection refused|no such host|dial tcp/i,
    ...wait,
    hint: outage,
  },
  {
    said: /^not_found|id not found|does not exist/i,
    ...missing,
    hint: "compare it with what `databricks postgres list-endpoints` prints: paths hold names, not UIDs",
  },
  {
    said: /invalid_parameter_value|bad_request|malformed_request|must match pattern|must be between|is required, expected/i,
    ...invalid,
    hint: "check the request: endpoint is projects/P/branches/B/endpoints/E, and ttl is 5m to 1h",
  },
  { ...unsure, said: /connection reset|i\/o timeout|unexpected eof/i, hint: outage },
];

/** What the control plane refuses. Where a row has no hint, the login advises. */
export const refusals: Refusals = [
  ...byOutage({ down: outage, limited: busy }),
  ...words,
  ...bySilence(undefined, "is host the URL of a workspace?"),
];

/** What the CLI refuses: its own words, Databricks', and the block that it prints beneath a 401 or 403 (databricks/cli libs/auth/error.go). */
export const cliRefusals: Refusals = [
  {
    ...invalid,
    said: /^unknown (flag|command)/,
    hint: "this CLI is too old: `postgres` came in January 2026, its --ttl in July 2026; update it, or use method http",
  },
  {
    ...missing,
    said: /has no .* profile configured/,
    hint: "make the profile: databricks auth login --profile NAME",
  },
  {
    ...invalid,
    said: /more than one authorization method|auth type .* not found/i,
    hint: "pin one login with auth_type in the profile: databricks auth describe shows what it finds",
  },
  ...words,
  {
    ...denied,
    said: /\bauth: (not configured|cannot|could not)/i,
    hint: "the login that the profile names is not set up for this user: databricks auth describe shows what is missing",
  },
  {
    ...denied,
    said: /verify you have the required permissions/i,
    hint: "give this identity CAN_USE on the database project (or instance)",
  },
  { ...person, said: /re-authenticate/i, hint: "log in again as the user that runs rotate: databricks auth login" },
  { ...denied, said: /next steps:/i },
  {
    ...stranger,
    said: /unable to parse response|invalid character '<'/,
    hint: "host must be the URL of a workspace, and no login page or proxy may stand between",
  },
  { ...unsure, said: /^timed out/, hint: outage },
  { ...failed, hint: "run the same `databricks` command by hand, as the user that runs rotate" },
];
