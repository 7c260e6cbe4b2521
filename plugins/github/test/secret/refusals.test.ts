import { type DoubleFault, githubFaults, githubRateLimit } from "@rotate/doubles";
import { effectOf, errorOf, outageSamples, refusalContract, type WriteRefusal } from "@rotate/testkit";
import { describe, expect, test } from "vitest";
import { secretRefusals } from "../../src/secret/refusals.ts";
import { appAuth, installation, places, secretHub, secretSink } from "./support.ts";

const faults = githubFaults;
const keyRoute = "GET /repos/acme/app/actions/secrets/public-key";
const putRoute = "PUT /repos/acme/app/actions/secrets/DB_PASSWORD";

const said = (status: number, message: string) => ({ status, body: { message } });
const rows: readonly WriteRefusal<DoubleFault>[] = [
  { name: "a token that is not taken", fault: faults.badCredentials, code: "DENIED", hint: /revoked/ },
  { name: "a permission that is lacking", fault: faults.notAccessible, code: "DENIED", hint: /Environments/ },
  { name: "a personal token that may not", fault: faults.personalNotAccessible, code: "DENIED", hint: /allow the app/ },
  { name: "a policy", fault: said(403, "Forbidden"), code: "DENIED", hint: /owner may have restricted/ },
  { name: "an address not allowed", fault: faults.ipBlocked, code: "DENIED", hint: /allow list/ },
  { name: "a place that is gone", fault: faults.notFound, code: "NOT_FOUND", hint: /check place/ },
  {
    name: "a change at the same moment",
    fault: said(409, "Conflict"),
    code: "CONFLICT",
    retryable: true,
    hint: /somebody else/,
  },
  {
    name: "the most secrets",
    fault: said(422, "The maximum number of secrets is reached"),
    code: "FAILED",
    hint: /100/,
  },
  { name: "a value that is too large", fault: said(422, "Secret value is too large"), code: "INVALID", hint: /48 KB/ },
  { name: "the secondary limit", fault: faults.secondaryLimit, code: "RATE_LIMITED", retryable: true, hint: /fewer/ },
  { name: "too many requests", fault: faults.tooMany, code: "RATE_LIMITED", retryable: true, hint: /fewer/ },
  { name: "an outage", fault: faults.unavailable, code: "UNAVAILABLE", retryable: true, hint: /githubstatus/ },
  {
    name: "a page of the gateway",
    fault: faults.unicorn,
    code: "UNAVAILABLE",
    retryable: true,
    hint: /githubstatus/,
    unknown: true,
  },
  { name: "a proxy's login page", fault: "html", code: "BAD_ANSWER", hint: /baseUrl/ },
  { name: "a dropped connection", fault: "drop", code: "UNAVAILABLE", retryable: true, hint: /./, unknown: true },
  {
    name: "a success of somebody else",
    fault: { status: 200, body: {} },
    code: "BAD_ANSWER",
    hint: /baseUrl/,
    unknown: true,
  },
];

test.each(rows)("a write that meets $name is $code", async (row) => {
  const { github, ctx, prepare } = await secretHub();
  const prepared = await prepare("value-1234");
  github.faults.next(putRoute, row.fault);
  const error = await errorOf(prepared.commit(await ctx()));
  expect(error).toMatchObject(effectOf(row));
  expect(error.hint).toMatch(row.hint);
});

test("a limit that says when it is over is waited for", async () => {
  const { github, clock, prepare } = await secretHub();
  github.faults.next(keyRoute, githubRateLimit(clock.now() + 90_000));
  expect(await errorOf(prepare("value-1234"))).toMatchObject({ code: "RATE_LIMITED", retryAfter: 90_000 });
});

test.each([
  ["a repository that the app was not given", { place: { of: "repository", repository: "acme/other" } }],
  ["an organisation without the app", { place: { of: "organization", organization: "nobody", visibility: "all" } }],
])("%s says so at the login", async (_name, more) => {
  const { github, ctx } = await secretHub();
  expect(await errorOf(ctx({ ...more, ...appAuth(github) }))).toMatchObject({
    code: "NOT_FOUND",
    hint: expect.stringContaining("install the app"),
  });
});

test.each([
  ["an environment that is not there", { place: { ...places.environment, environment: "nowhere" } }, "NOT_FOUND"],
  ["a repository that the token may not see", { place: { of: "repository", repository: "acme/docs" } }, "NOT_FOUND"],
])("%s says so before anything is minted", async (_name, more, code) => {
  const { ctx } = await secretHub();
  const checked = secretSink.check?.(await ctx(more));
  expect(await errorOf(Promise.resolve(checked))).toMatchObject({ code, hint: expect.stringContaining("check place") });
});

test("an app that was not granted secrets is refused by name of the permission", async () => {
  const { github, ctx } = await secretHub({ installations: [{ ...installation, permissions: { contents: "write" } }] });
  expect(await errorOf(ctx(appAuth(github)))).toMatchObject({
    code: "INVALID",
    hint: expect.stringContaining("grant the app"),
  });
});

refusalContract(
  { describe, test },
  {
    name: "GitHub's secrets",
    of: "http",
    table: secretRefusals,
    samples: [
      { status: 403, said: "RATE_LIMITED: API rate limit exceeded for installation ID 1", is: "limited" },
      ...outageSamples,
      { status: 403, said: "the `acme` organization has an IP allow list enabled", is: "denied" },
      { status: 403, said: "Resource not accessible by integration", is: "denied" },
      { status: 401, said: "Bad credentials", is: "denied" },
      { status: 403, said: "Forbidden", is: "denied" },
      { status: 404, said: "Not Found", is: "missing" },
      { status: 409, said: "Conflict", is: "raced" },
      { status: 422, said: "The maximum number of secrets is reached", is: "refused" },
      { status: 422, said: "Secret name is invalid", is: "invalid" },
      { status: 302, said: "", is: "stranger" },
    ],
  },
);
