import { refusalContract, type RefusalSample } from "@rotate/testkit";
import { describe, test } from "vitest";
import { certificateRefusals, healthRefusals, refusals, revokeRefusals } from "../src/readings.ts";

const samples: readonly RefusalSample[] = [
  { status: 503, said: "Vault is sealed", is: "wait" },
  { status: 503, said: "path disabled in replication DR secondary mode", is: "wait" },
  { status: 503, said: "no active Vault instance found", is: "wait" },
  { status: 472, said: "", is: "wait" },
  { status: 473, said: "", is: "wait" },
  { status: 501, said: "", is: "broken" },
  { status: 412, said: "required index state not present", is: "wait" },
  { status: 429, said: "lease count quota exceeded", is: "limited" },
  { status: 429, said: "rate limit quota exceeded", is: "limited" },
  { status: 500, said: '"app" is not an allowed role', is: "denied" },
  {
    status: 500,
    said: "unable to start transaction: dial tcp 10.0.0.1:5432: connect: connection refused",
    is: "wait",
  },
  { status: 500, said: "unable to get connection: error verifying connection", is: "wait" },
  { status: 500, said: "dial tcp: lookup db: no such host", is: "wait" },
  { status: 500, said: "failed to connect to `host=db`: FATAL: the database system is starting up", is: "wait" },
  { status: 500, said: "cannot write to readonly storage", is: "wait" },
  {
    status: 500,
    said: 'failed to execute query: ERROR: unrecognized role option "nonsense" (SQLSTATE 42601)',
    is: "broken",
  },
  { status: 500, said: "failed to execute query: unexpected EOF", is: "unsure" },
  { status: 500, said: "context deadline exceeded", is: "unsure" },
  { status: 502, said: "upstream rate limited", is: "unsure" },
  { status: 408, said: "", is: "unsure" },
  { status: 404, said: "namespace not found", is: "missing" },
  { status: 404, said: 'no handler for route "x". route entry not found.', is: "missing" },
  { status: 404, said: "Invalid path for a versioned K/V secrets engine", is: "missing" },
  { status: 404, said: "", is: "missing" },
  { status: 405, said: "unsupported operation", is: "invalid" },
  { said: "unknown role: app", is: "missing" },
  { said: "lease not found", is: "missing" },
  { said: "lease is not renewable", is: "invalid" },
  { said: "missing parameter", is: "invalid" },
  { status: 413, said: "request body too large", is: "invalid" },
  { status: 403, said: "permission denied", is: "denied" },
  { status: 403, said: "2 errors occurred: permission denied; invalid token", is: "denied" },
  { status: 418, said: "", is: "invalid" },
  { status: 302, said: "", is: "stranger" },
];

refusalContract({ describe, test }, { name: "Vault", of: "http", table: refusals, samples });

/** The status 400 means something else where a lease or a certificate is revoked. */
const others = samples.filter(({ status = 400 }) => status !== 400 && status !== 403);

refusalContract(
  { describe, test },
  {
    name: "the revocation of a lease",
    of: "http",
    table: revokeRefusals,
    samples: [
      ...others,
      { status: 403, said: "permission denied", is: "denied" },
      { status: 401, said: "", is: "denied" },
      {
        said: 'failed to revoke entry: err: ERROR: role "v-x" cannot be dropped because some objects depend on it (SQLSTATE 2BP01)',
        is: "unsure",
      },
      { said: "failed to revoke entry: err: failed to connect to `user=root`: dial error", is: "unsure" },
      { said: "failed to revoke entry: err: odd", is: "unsure" },
    ],
  },
);

refusalContract(
  { describe, test },
  {
    name: "the revocation of a certificate",
    of: "http",
    table: certificateRefusals,
    samples: [...others, { status: 401, said: "", is: "denied" }, { said: "certificate not found", is: "missing" }],
  },
);

refusalContract(
  { describe, test },
  {
    name: "an unhealthy node",
    of: "http",
    table: healthRefusals,
    samples: [
      { status: 429, said: "", is: "wait" },
      { status: 472, said: "", is: "wait" },
      { status: 473, said: "", is: "wait" },
      { status: 501, said: "", is: "broken" },
      { status: 503, said: "", is: "wait" },
      { status: 500, said: "", is: "wait" },
    ],
  },
);
