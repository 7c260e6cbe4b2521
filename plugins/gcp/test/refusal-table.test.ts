import { outageSamples, refusalContract, silenceSamples } from "@rotate/testkit";
import { describe, test } from "vitest";
import { gcloudRefusals, iamRefusals, metadataRefusals, oauthRefusals } from "../src/refusal/index.ts";

refusalContract(
  { describe, test },
  {
    name: "Google's token endpoints",
    of: "http",
    table: oauthRefusals,
    samples: [
      ...outageSamples,
      { said: "invalid_grant: Invalid JWT: Token must be a short-lived token (60 minutes)", is: "denied" },
      { said: "invalid_grant: Invalid JWT Signature", is: "denied" },
      { said: "invalid_grant/invalid_rapt: reauth related error", is: "person" },
      { said: "invalid_grant: Token has been expired or revoked", is: "person" },
      { said: "invalid_grant: Account has been deleted: account not found", is: "denied" },
      { said: "invalid_grant: The audience in ID Token [x] does not match the expected audience", is: "denied" },
      { said: "invalid_grant: ID Token issued at 1 is stale to sign-in", is: "denied" },
      { said: "unauthorized_client: The given credential is rejected by the attribute condition", is: "denied" },
      { said: "unauthorized_client: Client is unauthorized to retrieve access tokens", is: "denied" },
      { said: "invalid_client: The OAuth client was not found", is: "denied" },
      { said: "invalid_target: The target service indicated by the audience is disabled", is: "missing" },
      { said: 'invalid_request: Invalid value for "audience"', is: "invalid" },
      { said: "invalid_scope: bad", is: "invalid" },
      { said: "invalid_grant: Invalid JWT", is: "denied" },
      { said: "access_denied", is: "denied" },
      { said: "temporarily_unavailable", is: "wait" },
      { said: "internal_failure", is: "unsure" },
      { said: "odd", is: "invalid" },
      ...silenceSamples,
    ],
  },
);

refusalContract(
  { describe, test },
  {
    name: "the IAM Credentials API",
    of: "http",
    table: iamRefusals,
    samples: [
      { status: 403, said: "PERMISSION_DENIED: IAM API has not been used in project 1 before", is: "denied" },
      { said: "INVALID_ARGUMENT: The access token lifetime cannot exceed 1 hour", is: "invalid" },
      { status: 403, said: "PERMISSION_DENIED: no ACCESS_TOKEN_SCOPE_INSUFFICIENT", is: "denied" },
      { status: 403, said: "PERMISSION_DENIED: Permission 'iam.serviceAccounts.getAccessToken' denied", is: "denied" },
      { status: 401, said: "UNAUTHENTICATED: Request had invalid authentication credentials", is: "denied" },
      { status: 404, said: "NOT_FOUND: Not found; Gaia id not found", is: "missing" },
      { said: "INVALID_ARGUMENT: Request contains an invalid argument", is: "invalid" },
      { said: "FAILED_PRECONDITION: Service account is disabled", is: "invalid" },
      { status: 429, said: "RESOURCE_EXHAUSTED: Quota exceeded", is: "limited" },
      { status: 503, said: "UNAVAILABLE: The service is currently unavailable", is: "wait" },
      { status: 500, said: "INTERNAL: Internal error encountered", is: "unsure" },
      ...outageSamples,
      ...silenceSamples,
    ],
  },
);

refusalContract(
  { describe, test },
  {
    name: "the metadata server",
    of: "http",
    table: metadataRefusals,
    samples: [
      { status: 404, said: "", is: "missing" },
      { status: 403, said: "", is: "denied" },
      ...outageSamples,
      { status: 400, said: "", is: "invalid" },
      { status: 302, said: "", is: "stranger" },
    ],
  },
);

refusalContract(
  { describe, test },
  {
    name: "gcloud",
    of: "exit",
    table: gcloudRefusals,
    samples: [
      {
        status: 1,
        said: "ERROR: Reauthentication failed. cannot prompt during non-interactive execution.",
        is: "person",
      },
      { status: 1, said: "ERROR: You do not currently have an active account selected.", is: "person" },
      {
        status: 1,
        said: "ERROR: There was a problem refreshing your current auth tokens: invalid_grant",
        is: "person",
      },
      { status: 1, said: "ERROR: Cannot find configuration [x]", is: "missing" },
      { status: 1, said: "ERROR: Unable to reach metadata: connection refused", is: "wait" },
      { status: 1, said: "Traceback (most recent call last)", is: "failed" },
    ],
  },
);
