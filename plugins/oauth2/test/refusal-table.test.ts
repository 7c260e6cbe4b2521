import { outageSamples, refusalContract, silenceSamples, type RefusalSample } from "@rotate/testkit";
import { describe, test } from "vitest";
import { refreshRefusals, refusals } from "../src/refusal.ts";

const samples: readonly RefusalSample[] = [
  ...outageSamples,
  { status: 503, said: "invalid_client: the store is away", is: "wait" },
  { said: "temporarily_unavailable", is: "wait" },
  { said: "server_error: oops", is: "unsure" },
  { status: 401, said: "invalid_client: wrong client secret", is: "denied" },
  { status: 200, said: "invalid_client", is: "denied" },
  { said: "unauthorized_client", is: "denied" },
  { status: 403, said: "access_denied: policy", is: "denied" },
  { said: "invalid_request: audience is missing", is: "invalid" },
  { said: "unsupported_grant_type", is: "invalid" },
  { said: "invalid_scope: admin", is: "invalid" },
  { said: "invalid_target", is: "invalid" },
  { said: "unsupported_token_type", is: "invalid" },
  { said: "mfa_required: step up", is: "invalid" },
  ...silenceSamples,
];

refusalContract(
  { describe, test },
  {
    name: "an authorization server",
    of: "http",
    table: refusals,
    samples: [...samples, { said: "invalid_grant: expired", is: "denied" }],
  },
);

refusalContract(
  { describe, test },
  {
    name: "an authorization server that is shown a refresh token",
    of: "http",
    table: refreshRefusals,
    samples: [
      ...samples,
      { said: "invalid_grant: refresh token was used before", is: "person" },
      { status: 500, said: "invalid_grant: the store is away", is: "unsure" },
    ],
  },
);
