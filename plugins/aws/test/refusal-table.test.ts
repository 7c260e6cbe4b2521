import { refusalContract, statusSamples } from "@rotate/testkit";
import { describe, test } from "vitest";
import { refusals } from "../src/refusal.ts";

refusalContract(
  { describe, test },
  {
    name: "AWS",
    of: "http",
    table: refusals,
    samples: [
      { status: 403, said: "SignatureDoesNotMatch: Signature expired: 20300101T000000Z is now earlier", is: "denied" },
      { said: "RequestExpired: Request has expired", is: "denied" },
      { status: 403, said: "SignatureDoesNotMatch: Credential should be scoped to a valid region", is: "invalid" },
      { status: 403, said: "SignatureDoesNotMatch: The request signature we calculated does not match", is: "denied" },
      { said: "InvalidSignatureException: x", is: "denied" },
      {
        status: 403,
        said: "InvalidClientTokenId: The security token included in the request is invalid",
        is: "denied",
      },
      { status: 403, said: "MissingAuthenticationToken: x", is: "denied" },
      { said: "ExpiredTokenException: Token expired: current date/time 1 must be before the expiration", is: "stale" },
      { status: 403, said: "ExpiredToken: The security token included in the request is expired", is: "stale" },
      { said: "InvalidIdentityToken: No OpenIDConnect provider found", is: "denied" },
      { status: 403, said: "IDPRejectedClaim: x", is: "denied" },
      { said: "IDPCommunicationError: x", is: "wait" },
      {
        status: 403,
        said: "AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code",
        is: "denied",
      },
      { status: 403, said: "AccessDenied: Cannot call GetSessionToken with session credentials", is: "denied" },
      { status: 403, said: "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity", is: "denied" },
      {
        status: 403,
        said: "AccessDenied: User: x is not authorized to perform: sts:AssumeRole on resource: y",
        is: "denied",
      },
      {
        status: 403,
        said: "AccessDeniedException: not authorized to perform: ecr:GetAuthorizationToken",
        is: "denied",
      },
      { said: "MalformedPolicyDocument: x", is: "invalid" },
      { said: "PackedPolicyTooLarge: x", is: "invalid" },
      { status: 403, said: "RegionDisabledException: x", is: "denied" },
      {
        said: "ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role",
        is: "invalid",
      },
      {
        said: "ValidationError: The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        is: "invalid",
      },
      { said: "ValidationError: 1 validation error detected", is: "invalid" },
      { said: "Throttling: Rate exceeded", is: "limited" },
      ...statusSamples,
    ],
  },
);
