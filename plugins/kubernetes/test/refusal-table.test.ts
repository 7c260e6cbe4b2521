import { outageSamples, refusalContract, silenceSamples } from "@rotate/testkit";
import { describe, test } from "vitest";
import { refusals, tokenRefusals, writeRefusals } from "../src/api/refusal.ts";
import { pluginRefusals } from "../src/auth/exec-plugin.ts";

const common = [
  { status: 404, said: 'NotFound/namespaces/nowhere: namespaces "nowhere" not found', is: "missing" },
  { status: 404, said: 'NotFound/serviceaccounts/x: serviceaccounts "x" not found', is: "missing" },
  {
    status: 403,
    said: "Forbidden/secrets/db: unable to create new content in namespace app because it is being terminated",
    is: "denied",
  },
  { status: 403, said: 'Forbidden/secrets/db: secrets "db" is forbidden: exceeded quota: few', is: "denied" },
  { status: 400, said: 'BadRequest: admission webhook "policy.example.com" denied the request: no', is: "denied" },
  {
    status: 500,
    said: 'InternalError: Internal error occurred: failed calling webhook "policy.example.com"',
    is: "wait",
  },
  ...outageSamples,
  { status: 504, said: "Timeout: request did not complete within the allotted timeout", is: "unsure" },
  { status: 400, said: "BadRequest: the object provided is unrecognized", is: "invalid" },
  { status: 413, said: "RequestEntityTooLarge: limit is 3145728", is: "invalid" },
  { status: 415, said: "UnsupportedMediaType:", is: "invalid" },
  { status: 422, said: "Invalid/Secret/db: data[tls.key]: Required value", is: "invalid" },
  ...silenceSamples,
] as const;

const table = { of: "http", advised: true } as const;

refusalContract({ describe, test }, { ...table, name: "the API server", table: refusals, samples: common });

refusalContract(
  { describe, test },
  {
    ...table,
    name: "the API server of a write",
    table: writeRefusals,
    samples: [
      {
        status: 422,
        said: 'Invalid/Secret/db: Secret "db" is invalid: metadata.uid: Invalid value: "1": field is immutable',
        is: "raced",
      },
      { status: 409, said: "Conflict/secrets/db: the object has been modified", is: "raced" },
      { status: 409, said: 'AlreadyExists/secrets/db: secrets "db" already exists', is: "raced" },
      ...common,
    ],
  },
);

refusalContract(
  { describe, test },
  {
    ...table,
    name: "the API server of a token request",
    table: tokenRefusals,
    samples: [
      {
        status: 409,
        said: "Conflict/secrets/lease: the UID in the bound object reference (1) does not match the UID in record (2)",
        is: "conflict",
      },
      ...common,
    ],
  },
);

refusalContract(
  { describe, test },
  {
    name: "an exec plugin",
    of: "exit",
    advised: true,
    table: pluginRefusals,
    samples: [
      { status: 255, said: "Error loading SSO Token: Token for acme does not exist", is: "person" },
      { status: 1, said: "There was a problem refreshing your current auth tokens: gcloud auth login", is: "person" },
      { status: 1, said: "AADSTS700082: The refresh token has expired due to inactivity", is: "person" },
      { status: 1, said: "dial tcp: lookup sts.amazonaws.com: no such host", is: "failed" },
    ],
  },
);
