import { outageSamples, refusalContract, type RefusalSample, silenceSamples } from "@rotate/testkit";
import { describe, test } from "vitest";
import { cliRefusals, refusals } from "../src/readings.ts";

/** What both ways hear. `status` is an HTTP status, or an exit code. */
function words(status: number): readonly RefusalSample[] {
  const samples: readonly (readonly [RefusalSample["said"], RefusalSample["is"]])[] = [
    ["PERMISSION_DENIED: Source IP address 203.0.113.7 is blocked by Databricks IP ACL", "denied"],
    ["403: JWT has expired", "denied"],
    ["403: Provided OAuth token does not have required scopes: postgres", "denied"],
    ["401: Credential was not sent or was of an unsupported type for this API", "denied"],
    ["403: Invalid access to Org: 1", "denied"],
    ["403: Invalid access token", "denied"],
    ["ENDPOINT_NOT_FOUND: No API found for 'POST /token/generate'", "invalid"],
    ["FEATURE_DISABLED: Lakebase is not enabled", "invalid"],
    ["PERMISSION_DENIED: User does not have CAN_USE permission", "denied"],
    ["invalid_client: Client authentication failed", "denied"],
    ["databricks-cli auth: cache: no cached credentials; run `databricks auth login` to sign in", "person"],
    ["A new access token could not be retrieved because the refresh token is invalid", "person"],
    ["default auth: cannot configure default credentials", "person"],
    ["invalid_grant: no policy", "denied"],
    ["REQUEST_LIMIT_EXCEEDED: Too many requests", "limited"],
    ["TEMPORARILY_UNAVAILABLE: try again", "wait"],
    ["dial tcp 10.0.0.1:443: connect: connection refused", "wait"],
    ["read tcp: connection reset by peer", "unsure"],
    ["NOT_FOUND: endpoint id not found", "missing"],
    ["INVALID_PARAMETER_VALUE: Field 'ttl' must be between", "invalid"],
  ];
  return samples.map(([said, is]) => ({ status, said, is }));
}

refusalContract(
  { describe, test },
  {
    name: "Databricks",
    of: "http",
    advised: true,
    table: refusals,
    samples: [...outageSamples, ...words(400), ...silenceSamples],
  },
);

refusalContract(
  { describe, test },
  {
    name: "the Databricks CLI",
    of: "exit",
    advised: true,
    table: cliRefusals,
    samples: [
      { status: 1, said: "unknown flag: --ttl", is: "invalid" },
      { status: 1, said: "resolve: /home/a/.databrickscfg has no prod profile configured", is: "missing" },
      { status: 1, said: "validate: more than one authorization method configured: oauth and pat", is: "invalid" },
      ...words(1),
      { status: 1, said: "azure-cli auth: not configured", is: "denied" },
      {
        status: 1,
        said: "nope Next steps: - Verify you have the required permissions for this operation",
        is: "denied",
      },
      { status: 1, said: "nope Next steps: - Re-authenticate: databricks auth login", is: "person" },
      { status: 1, said: "nope Next steps: - Regenerate your access token", is: "denied" },
      { status: 1, said: "invalid character '<' looking for beginning of value", is: "stranger" },
      { status: 1, said: "timed out: something", is: "unsure" },
      { status: 1, said: "the moon is full", is: "failed" },
    ],
  },
);
