import { connectionSamples, refusalContract } from "@rotate/testkit";
import { describe, test } from "vitest";
import { serverRefusals, systemRefusals } from "../src/refusals.ts";

refusalContract(
  { describe, test },
  {
    name: "a PostgreSQL server",
    of: "exit",
    table: serverRefusals,
    samples: [
      { said: "28000: External authorization failed. DETAIL: This is due to a missing role", is: "stale" },
      { said: "28P01: Failed to decode token for role", is: "denied" },
      { said: "28000: invalid protocol version", is: "invalid" },
      { said: '28000: no pg_hba.conf entry for host "10.0.0.1", user "app", SSL off', is: "invalid" },
      { said: '28P01: password authentication failed for user "app"', is: "denied" },
      { said: '3D000: database "x" does not exist', is: "missing" },
      { said: "57P03: the database system is starting up", is: "wait" },
      { said: "57P01: terminating connection due to administrator command", is: "unsure" },
      { said: "57014: canceling statement due to statement timeout", is: "late" },
      { said: "53300: sorry, too many clients already", is: "wait" },
      { said: "08006: connection failure", is: "unsure" },
      { said: "42501: permission denied for table t", is: "denied" },
      { said: '42P01: relation "t" does not exist', is: "invalid" },
      { said: "40001: could not serialize access", is: "refusedYet" },
      { said: "XX000: internal error", is: "refused" },
    ],
  },
);

refusalContract(
  { describe, test },
  {
    name: "the way to a PostgreSQL server",
    of: "exit",
    table: systemRefusals,
    samples: [
      { said: ": timeout expired", is: "late" },
      { said: ": The server does not support SSL connections", is: "invalid" },
      { said: ": SASL: SCRAM-SERVER-FINAL-MESSAGE: server signature is missing", is: "stranger" },
      ...connectionSamples,
    ],
  },
);
