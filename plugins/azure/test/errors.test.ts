import { azureFaults, createGithubOidcDouble, type DoubleFault } from "@rotate/doubles";
import { errorOf, secretRef } from "@rotate/testkit";
import { expect, onTestFinished, test } from "vitest";
import { bySecret, clientId, clientSecret, newClock, tenant } from "./support.ts";

interface Row {
  readonly name: string;
  readonly fault: DoubleFault;
  readonly code: string;
  readonly retryable?: true;
  readonly message?: RegExp;
  readonly hint: RegExp;
  readonly retryAfter?: number;
}

const faults = azureFaults;
const anywhere: readonly Row[] = [
  { name: "a proxy's login page", fault: "html", code: "BAD_ANSWER", hint: /proxy/ },
  { name: "a redirect", fault: { status: 302, headers: { location: "/x" } }, code: "BAD_ANSWER", hint: /proxy/ },
  { name: "an answer cut in the middle", fault: "cut", code: "UNAVAILABLE", retryable: true, hint: /./ },
  { name: "a dropped connection", fault: "drop", code: "UNAVAILABLE", retryable: true, hint: /./ },
  { name: "10 MB", fault: { status: 200, body: "x".repeat(10 * 1024 * 1024) }, code: "BAD_ANSWER", hint: /./ },
  { name: "no token", fault: { status: 200, body: {} }, code: "BAD_ANSWER", hint: /authority/ },
  {
    name: "a token with a line feed",
    fault: { status: 200, body: { access_token: "a\nb", expires_in: 5 } },
    code: "BAD_ANSWER",
    message: /line feed/,
    hint: /./,
  },
  {
    name: "a token without a life",
    fault: { status: 200, body: { access_token: "a" } },
    code: "BAD_ANSWER",
    message: /how long/,
    hint: /./,
  },
  { name: "an outage", fault: faults.down, code: "UNAVAILABLE", retryable: true, hint: /status\.azure/ },
  { name: "a limit", fault: faults.limited, code: "RATE_LIMITED", retryable: true, retryAfter: 7000, hint: /limits/ },
];

const entra: readonly Row[] = [
  { name: "a wrong secret", fault: faults.wrongSecret, code: "DENIED", message: /AADSTS7000215/, hint: /not its id/ },
  { name: "an expired secret", fault: faults.expiredSecret, code: "DENIED", hint: /new one/ },
  { name: "an unknown app", fault: faults.unknownApp, code: "NOT_FOUND", hint: /clientId/ },
  { name: "a disabled app", fault: faults.disabledApp, code: "DENIED", hint: /disabled/ },
  { name: "an unknown tenant", fault: faults.unknownTenant, code: "NOT_FOUND", hint: /tenantId/ },
  { name: "a malformed tenant", fault: faults.malformedTenant, code: "INVALID", hint: /tenantId/ },
  { name: "a wrong scope", fault: faults.badScope, code: "INVALID", hint: /\.default/ },
  { name: "an unknown service", fault: faults.unknownResource, code: "NOT_FOUND", hint: /request\.scope/ },
  { name: "an assertion out of time", fault: faults.clock, code: "DENIED", hint: /clock/ },
  { name: "an unknown certificate", fault: faults.unknownCertificate, code: "DENIED", hint: /upload it/ },
  { name: "another subject", fault: faults.wrongSubject, code: "DENIED", hint: /federated credential/ },
  { name: "another issuer", fault: faults.wrongIssuer, code: "DENIED", hint: /federated credential/ },
  { name: "another audience", fault: faults.wrongAudience, code: "DENIED", hint: /federated credential/ },
  { name: "conditional access", fault: faults.blocked, code: "DENIED", hint: /conditional access/ },
  { name: "a passing fault", fault: faults.transient, code: "UNAVAILABLE", retryable: true, hint: /passing/ },
  { name: "an unknown number", fault: faults.newNumber, code: "DENIED", message: /999999/, hint: /not taken/ },
  {
    name: "an unknown error",
    fault: { status: 400, body: { error: "odd" } },
    code: "INVALID",
    hint: /login\.microsoftonline\.com\/error/,
  },
  {
    name: "an error with status 200",
    fault: { ...faults.wrongSecret, status: 200 },
    code: "DENIED",
    hint: /not its id/,
  },
  { name: "an empty 403", fault: { status: 403 }, code: "DENIED", hint: /authority/ },
];

const machine: readonly Row[] = [
  { name: "no such identity", fault: faults.identityMissing, code: "NOT_FOUND", hint: /az vm identity assign/ },
  { name: "a start", fault: faults.identityStarting, code: "UNAVAILABLE", retryable: true, hint: /starting/ },
  {
    name: "an update",
    fault: faults.identityUpdating,
    code: "UNAVAILABLE",
    retryable: true,
    retryAfter: 70_000,
    hint: /updated/,
  },
  { name: "a refusal", fault: { status: 401 }, code: "DENIED", hint: /IDENTITY_HEADER/ },
  {
    name: "an odd request",
    fault: { status: 400, body: { error: "bad_request_102", error_description: "Required header" } },
    code: "INVALID",
    hint: /request\.scope/,
  },
];

function details({ code, retryable, message = /./, hint, retryAfter }: Row) {
  const texts = { message: expect.stringMatching(message), hint: expect.stringMatching(hint) };
  return { code, retryable: retryable === true, retryAfter, ...texts };
}

test.each([...anywhere, ...entra])("the token endpoint answering with $name is $code", async (row) => {
  const { azure, mint } = await tenant();
  azure.faults.next("*", row.fault);
  const error = await errorOf(mint(bySecret));
  expect(error).toMatchObject(details(row));
  expect(error.message).not.toMatch(/Trace ID|\n/);
});

test.each([...anywhere, ...machine])("the identity service answering with $name is $code", async (row) => {
  const { azure, mint } = await tenant();
  azure.faults.next("*", row.fault);
  expect(await errorOf(mint({ method: "managed-identity" }))).toMatchObject(details(row));
});

test("a secret that has ended, or is another's, is refused by Entra itself", async () => {
  const clock = newClock();
  const { mint } = await tenant({ apps: [{ clientId, secrets: { [clientSecret]: clock.now() + 1000 } }] }, clock);
  expect(await errorOf(mint({ ...bySecret, clientSecret: secretRef("other") }))).toMatchObject({
    hint: expect.stringContaining("not its id"),
  });
  await mint(bySecret);
  await clock.advance(1000);
  expect(await errorOf(mint(bySecret))).toMatchObject({ code: "DENIED", hint: expect.stringContaining("expired") });
});

test("an identity token of a clock that is off is refused, and the difference measured", async () => {
  const clock = newClock();
  const github = await createGithubOidcDouble({ now: clock.now });
  onTestFinished(github.close);
  const { issuer, subject, key } = github;
  const { mint } = await tenant({ apps: [{ clientId, federated: [{ issuer, subject, key }] }] }, clock);
  const token = secretRef(await github.sign("api://AzureADTokenExchange", -600_000));
  const outcome = mint({ method: "federated", clientId, token }, { now: () => clock.now() + 300_000 });
  expect(await errorOf(outcome)).toMatchObject({ code: "DENIED", hint: expect.stringContaining("300 s ahead of") });
});

test("where there is no managed identity service, that is what it says", async () => {
  const { mint } = await tenant();
  const env = { AZURE_POD_IDENTITY_AUTHORITY_HOST: "http://127.0.0.1:1" };
  expect(await errorOf(mint({ method: "managed-identity" }, { env }))).toMatchObject({
    code: "UNAVAILABLE",
    retryable: true,
    noEffect: true,
    hint: expect.stringContaining("machine or app of Azure"),
  });
});
