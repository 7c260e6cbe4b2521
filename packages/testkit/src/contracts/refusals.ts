import assert from "node:assert/strict";
import { meanings, readRefusal, type Meaning, type Refusal, type Refusals } from "@rotate/plugin-kit";
import type { TestApi } from "./contract.ts";

/** Something that the outside says, and what it means. */
export interface RefusalSample {
  /** Default 400. */
  readonly status?: number;
  /** `CODE: message`, as the outside says it. */
  readonly said: string;
  readonly is: keyof typeof meanings;
}

/** A sample for each row of the kit's `byOutage`. */
export const outageSamples: readonly RefusalSample[] = [
  { status: 429, said: "", is: "limited" },
  { status: 503, said: "", is: "wait" },
  { status: 408, said: "", is: "unsure" },
  { status: 500, said: "", is: "unsure" },
];

/** A sample for each row of the kit's `bySilence`. */
export const silenceSamples: readonly RefusalSample[] = [
  { status: 401, said: "", is: "denied" },
  { status: 403, said: "", is: "denied" },
  { status: 404, said: "", is: "missing" },
  { status: 409, said: "", is: "conflict" },
  { status: 418, said: "", is: "invalid" },
  { status: 302, said: "", is: "stranger" },
];

/** Both: for tables that end by the kit's `byStatus`. */
export const statusSamples: readonly RefusalSample[] = [...outageSamples, ...silenceSamples];

/** A sample for each row of the kit's `connectionRefusals` (`@rotate/plugin-kit/databases`). */
export const connectionSamples: readonly RefusalSample[] = [
  { said: "ENOTFOUND: getaddrinfo ENOTFOUND db.example", is: "missingYet" },
  { said: "EAI_AGAIN: getaddrinfo EAI_AGAIN db.example", is: "wait" },
  { said: "ENOENT: connect ENOENT /run/server.sock", is: "missingYet" },
  { said: "EACCES: connect EACCES /run/server.sock", is: "denied" },
  { said: "ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:5432", is: "wait" },
  { said: "ETIMEDOUT: connect ETIMEDOUT 10.0.0.1:5432", is: "late" },
  { said: "ERR_TLS_CERT_ALTNAME_INVALID: Hostname/IP does not match", is: "stranger" },
  { said: "UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unable to get local issuer certificate", is: "stranger" },
  { said: "CERT_HAS_EXPIRED: certificate has expired", is: "stranger" },
  { said: "CERT_NOT_YET_VALID: certificate is not yet valid", is: "stranger" },
  { said: "ECONNRESET: read ECONNRESET", is: "unsure" },
];

/** A table of refusals with samples of all that is in it. */
export interface RefusalHarness {
  /** For the test's title. */
  readonly name: string;
  readonly table: Refusals;
  readonly samples: readonly RefusalSample[];
  /** `http`: every status must be in the table, whatever is said with it; `exit`: every exit code but 0. */
  readonly of: "http" | "exit";
  /** The caller advises where a row has no hint. */
  readonly advised?: true;
}

function rowFor({ table }: RefusalHarness, { status = 400, said }: Pick<RefusalSample, "status" | "said">): Refusal {
  return readRefusal(table, { status, said });
}

function meaningOf({ code, retryable, noEffect, person }: Meaning): Meaning {
  return { code, retryable, noEffect, ...(person === true && { person }) };
}

function checkSample(harness: RefusalHarness, sample: RefusalSample): void {
  const row = rowFor(harness, sample);
  assert.ok(harness.table.includes(row), "no row of the table fits");
  assert.deepEqual(meaningOf(row), meanings[sample.is]);
}

function checkRows(harness: RefusalHarness): void {
  const reached = new Set(harness.samples.map((sample) => rowFor(harness, sample)));
  const dead = harness.table.filter((row) => !reached.has(row)).map(nameOf);
  assert.deepEqual(dead, [], "no sample reaches these rows: they are dead, or nobody looked at them");
  const silent =
    harness.advised === true ? [] : harness.table.filter(({ hint, clock }) => hint === undefined && !clock);
  assert.deepEqual(silent.map(nameOf), [], "these rows do not say what helps");
  const restless = harness.table.filter(({ retryable, person }) => retryable && person === true);
  assert.deepEqual(restless.map(nameOf), [], "what only a person can help is not tried again");
}

function nameOf({ status, said, code }: Refusal): string {
  return `${String(status ?? "any")} ${String(said ?? "")} ${code}`;
}

function checkEnd({ table, of }: RefusalHarness): void {
  const [from, to] = of === "http" ? [100, 599] : [1, 255];
  for (let status = from; status <= to; status += 1) {
    const row = readRefusal(table, { status, said: "" });
    assert.ok(table.includes(row), `a refusal with ${status} and without words is not in the table`);
  }
}

/** Tests that a table of refusals says of each what it means, that no row is dead, and that nothing falls through. */
export function refusalContract({ describe, test }: TestApi, harness: RefusalHarness): void {
  describe(`what ${harness.name} refuses`, () => {
    for (const sample of harness.samples) {
      const { status = 400, said, is } = sample;
      test(`${status} ${said.slice(0, 100) || "without a word"}: ${is}`, async () => checkSample(harness, sample));
    }
    test("every row is looked at here, and says what helps", async () => checkRows(harness));
    test("nothing falls through the table", async () => checkEnd(harness));
  });
}
