import { outageSamples, refusalContract, silenceSamples } from "@rotate/testkit";
import { describe, test } from "vitest";
import { refusals } from "../src/app/refusal.ts";

refusalContract(
  { describe, test },
  {
    name: "GitHub",
    of: "http",
    advised: true,
    table: refusals,
    samples: [
      { status: 403, said: "RATE_LIMITED: API rate limit exceeded for installation ID 1", is: "limited" },
      ...outageSamples,
      { status: 401, said: "'Issued at' claim ('iat') must be an Integer", is: "denied" },
      { status: 401, said: "A JSON web token could not be decoded", is: "denied" },
      { status: 403, said: "This installation has been suspended", is: "denied" },
      { status: 403, said: "the `acme` organization has an IP allow list enabled", is: "denied" },
      { status: 422, said: "The permissions requested are not granted to this installation", is: "invalid" },
      {
        status: 422,
        said: "There is at least one repository that does not exist or is not accessible to the parent installation",
        is: "missing",
      },
      { status: 403, said: "Resource not accessible by integration", is: "denied" },
      { status: 422, said: "Invalid request", is: "invalid" },
      ...silenceSamples,
    ],
  },
);
