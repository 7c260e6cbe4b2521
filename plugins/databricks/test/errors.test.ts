import { databricksFaults, type DatabricksDouble, type DoubleFault } from "@rotate/doubles";
import { secretRef } from "@rotate/testkit";
import { expect, test } from "vitest";
import { check, endpoint, errorOf, logIn, mint, mintRoute, pat, tokenRoute, workspaceDouble } from "./support.ts";

const auth = { method: "pat", token: secretRef(pat) };
const meRoute = "GET /api/2.0/preview/scim/v2/Me";

function mintWith(workspace: DatabricksDouble, request: Readonly<Record<string, unknown>> = { endpoint }) {
  return errorOf(mint({ options: { host: workspace.url, auth }, request }));
}

interface Row {
  readonly name: string;
  readonly fault: DoubleFault;
  readonly code: string;
  readonly retryable: boolean;
  readonly message: RegExp;
  readonly hint?: RegExp;
  readonly retryAfter?: number;
}

const faults = databricksFaults;
const no = { retryable: false } as const;
const yes = { retryable: true } as const;
const rows: readonly Row[] = [
  {
    name: "a refused token, with a numeric code",
    fault: faults.invalidToken,
    code: "DENIED",
    ...no,
    message: /Invalid access token/,
    hint: /new personal access token/,
  },
  {
    name: "an expired token",
    fault: faults.expiredToken,
    code: "DENIED",
    ...no,
    message: /JWT has expired/,
    hint: /clock/,
  },
  {
    name: "a token about to expire",
    fault: faults.expiringToken,
    code: "DENIED",
    ...no,
    message: /expiring/,
    hint: /clock/,
  },
  {
    name: "a token not taken here",
    fault: faults.credentialNotSent,
    code: "DENIED",
    ...no,
    message: /not sent/,
    hint: /workspaceId/,
  },
  {
    name: "an address not allowed",
    fault: faults.ipBlocked,
    code: "DENIED",
    ...no,
    message: /203\.0\.113\.7/,
    hint: /IP access list/,
  },
  {
    name: "a token of another workspace",
    fault: faults.wrongWorkspace,
    code: "DENIED",
    ...no,
    message: /Org/,
    hint: /another workspace/,
  },
  { name: "no permission", fault: faults.permissionDenied, code: "DENIED", ...no, message: /CAN_USE/, hint: /CAN_USE/ },
  {
    name: "a feature that is off",
    fault: faults.featureDisabled,
    code: "INVALID",
    ...no,
    message: /not enabled/,
    hint: /administrator/,
  },
  {
    name: "a missing endpoint",
    fault: faults.endpointMissing,
    code: "NOT_FOUND",
    ...no,
    message: /endpoint id not found/,
    hint: /list-endpoints/,
  },
  {
    name: "a wrong path",
    fault: faults.wrongPath,
    code: "INVALID",
    ...no,
    message: /No API found/,
    hint: /not about the request's endpoint/,
  },
  {
    name: "a rate limit",
    fault: faults.rateLimited,
    code: "RATE_LIMITED",
    ...yes,
    message: /rate limit/,
    retryAfter: 7000,
  },
  {
    name: "a rate limit without Retry-After",
    fault: faults.rateLimitedWithoutRetryAfter,
    code: "RATE_LIMITED",
    ...yes,
    message: /rate limit/,
  },
  {
    name: "a rate limit with a RetryInfo",
    fault: faults.rateLimitedWithRetryInfo,
    code: "RATE_LIMITED",
    ...yes,
    message: /rate limit/,
    retryAfter: 3000,
  },
  {
    name: "a rate limit with nothing in it",
    fault: faults.rateLimitedWithEmptyBody,
    code: "RATE_LIMITED",
    ...yes,
    message: /429/,
  },
  { name: "an outage", fault: faults.unavailable, code: "UNAVAILABLE", ...yes, message: /503/ },
  { name: "an internal error", fault: faults.internal, code: "UNAVAILABLE", ...yes, message: /500/ },
  { name: "plain text", fault: faults.plainText, code: "UNAVAILABLE", ...yes, message: /something broke/ },
  {
    name: "a gateway's web page",
    fault: { status: 502, body: "<html>Bad Gateway</html>", headers: { "content-type": "text/html" } },
    code: "UNAVAILABLE",
    ...yes,
    message: /502/,
  },
  { name: "an empty 400", fault: faults.emptyBadRequest, code: "INVALID", ...no, message: /400/ },
  { name: "an error of API 1.2", fault: faults.api12Error, code: "INVALID", ...no, message: /API 1\.2/ },
  { name: "a SCIM error", fault: faults.scimError, code: "DENIED", ...no, message: /Not allowed/ },
  { name: "a login page", fault: "html", code: "BAD_ANSWER", ...no, message: /web page/, hint: /URL of a workspace/ },
  {
    name: "a redirect to a login page",
    fault: { status: 302, headers: { location: "/login.html" } },
    code: "BAD_ANSWER",
    ...no,
    message: /web page/,
    hint: /URL of a workspace/,
  },
  {
    name: "a web page with 404",
    fault: { status: 404, body: "<!DOCTYPE html><title>x</title>" },
    code: "BAD_ANSWER",
    ...no,
    message: /web page/,
    hint: /URL of a workspace/,
  },
  { name: "a dropped connection", fault: "drop", code: "UNAVAILABLE", ...yes, message: /127\.0\.0\.1/ },
  { name: "an answer that is cut off", fault: "cut", code: "UNAVAILABLE", ...yes, message: /127\.0\.0\.1/ },
];

test.each(rows)("a mint that meets $name is $code", async ({ fault, code, retryable, message, hint, retryAfter }) => {
  const workspace = await workspaceDouble();
  workspace.faults.next(mintRoute, fault);
  const error = await mintWith(workspace);
  expect(error).toMatchObject({ code, retryable, retryAfter });
  expect(error.message).toMatch(message);
  expect(error.hint ?? "").toMatch(hint ?? /^/);
});

test("an outcome that nobody knows is told apart from a refusal", async () => {
  const workspace = await workspaceDouble();
  workspace.faults.next(mintRoute, faults.internal, "cut", "html", faults.unavailable, faults.permissionDenied);
  const effects: boolean[] = [];
  for (let attempt = 0; attempt < 5; attempt++) effects.push((await mintWith(workspace)).noEffect);
  expect(effects).toEqual([false, false, true, true, true]);
});

test.each([
  [
    "an endpoint that does not exist",
    { endpoint: endpoint.replace("primary", "other") },
    "NOT_FOUND",
    /list-endpoints/,
  ],
  ["a life under the service's minimum", { endpoint, ttl: 60_000 }, "INVALID", /5m to 1h/],
  ["no endpoint", {}, "INVALID", /request\.endpoint/],
  ["instances on the autoscaling API", { instances: ["app"] }, "INVALID", /endpoint/],
])("refuses %s", async (_case, request, code, hint) => {
  const error = await mintWith(await workspaceDouble(), request);
  expect(error).toMatchObject({ code, retryable: false });
  expect(error.hint).toMatch(hint);
});

test("a token that was revoked says what to do", async () => {
  const workspace = await workspaceDouble();
  workspace.revokePat(pat);
  expect(await mintWith(workspace)).toMatchObject({
    message: `no credential for ${endpoint}: Invalid access token. (HTTP 403)`,
    hint: expect.stringMatching(/make a new personal access token/),
  });
});

const m2m = { method: "oauth-m2m", clientId: "sp", clientSecret: secretRef("dose0123") };

test.each<[string, DoubleFault, string, boolean, RegExp]>([
  ["a wrong secret", faults.invalidClient, "DENIED", false, /Entra/],
  ["an address not allowed", faults.ipBlocked, "DENIED", false, /IP access list/],
  ["an empty 400", faults.emptyBadRequest, "INVALID", false, /clientId/],
  ["a rate limit", faults.rateLimited, "RATE_LIMITED", true, /fewer/],
  ["an outage", faults.unavailable, "UNAVAILABLE", true, /status page/],
  ["a login page", "html", "BAD_ANSWER", false, /URL of a workspace/],
  ["an empty token", { status: 200, body: { access_token: "", expires_in: 3600 } }, "BAD_ANSWER", false, /workspace/],
  [
    "a token with a line feed",
    { status: 200, body: { access_token: "a\nb", expires_in: 3600 } },
    "BAD_ANSWER",
    false,
    /workspace/,
  ],
  [
    "a token without a life",
    { status: 200, body: { access_token: "a", expires_in: 0 } },
    "BAD_ANSWER",
    false,
    /workspace/,
  ],
  ["a body that is no JSON", { status: 200, body: "ok" }, "BAD_ANSWER", false, /^$/],
])("a login that meets %s is told apart", async (_case, fault, code, retryable, hint) => {
  const workspace = await workspaceDouble({ servicePrincipals: [{ clientId: "sp", secret: "dose0123" }] });
  workspace.faults.next(tokenRoute, fault);
  const error = await errorOf(logIn({ options: { host: workspace.url, auth: m2m } }));
  expect(error).toMatchObject({ code, retryable });
  expect(error.hint ?? "").toMatch(hint);
});

test("a date in Retry-After counts from the service's clock, as given to us", async () => {
  const workspace = await workspaceDouble({ servicePrincipals: [{ clientId: "sp", secret: "dose0123" }] });
  const now = Date.UTC(2026, 10, 22, 10);
  const headers = { "retry-after": new Date(now + 9000).toUTCString() };
  workspace.faults.next(tokenRoute, { status: 429, body: "", headers });
  const error = await errorOf(logIn({ options: { host: workspace.url, auth: m2m }, now: () => now }));
  expect(error.retryAfter).toBe(9000);
});

test("a federated token that no policy knows is refused with what to compare", async () => {
  const workspace = await workspaceDouble();
  const stranger = `${Buffer.from("{}").toString("base64url")}.${Buffer.from('{"iss":"https://other"}').toString("base64url")}.x`;
  const federated = { method: "env-oidc", token: secretRef(stranger) };
  const error = await errorOf(logIn({ options: { host: workspace.url, auth: federated } }));
  expect(error).toMatchObject({
    code: "DENIED",
    retryable: false,
    hint: expect.stringMatching(/issuer, subject and audience/),
  });
});

test("outside of a GitHub job, github-oidc says what a job needs", async () => {
  const workspace = await workspaceDouble();
  const error = await errorOf(logIn({ options: { host: workspace.url, auth: { method: "github-oidc" } } }));
  expect(error).toMatchObject({ code: "INVALID", hint: expect.stringMatching(/id-token: write/) });
});

test.each([
  ["no host", undefined, /no host/],
  ["something that is no URL", "my workspace", /no URL/],
  ["a host that would get the token in the clear", "http://dbc.example.com", /in the clear/],
  ["a password in the URL", "https://me:secret@dbc.example.com", /user name or password/],
])("refuses %s before any call", async (_case, host, message) => {
  const error = await errorOf(logIn({ options: { ...(host && { host }), auth } }));
  expect(error).toMatchObject({ code: "INVALID", retryable: false });
  expect(error.message).toMatch(message);
});

test("a check passes with a login that works, and names one that does not", async () => {
  const workspace = await workspaceDouble();
  await check({ options: { host: workspace.url, auth } });
  workspace.revokePat(pat);
  expect(await errorOf(check({ options: { host: workspace.url, auth } }))).toMatchObject({ code: "DENIED" });
  expect(workspace.mints).toEqual([]);
});

test("a check does not stop a mint when the service is only busy", async () => {
  const workspace = await workspaceDouble();
  workspace.faults.next(meRoute, faults.rateLimited, faults.unavailable, "drop");
  for (let attempt = 0; attempt < 3; attempt++) await check({ options: { host: workspace.url, auth } });
  workspace.faults.next(meRoute, "html");
  expect(await errorOf(check({ options: { host: workspace.url, auth } }))).toMatchObject({ code: "BAD_ANSWER" });
});

test("a token that may only mint is not asked who it is", async () => {
  const workspace = await workspaceDouble({ servicePrincipals: [{ clientId: "sp", secret: "dose0123" }] });
  await check({ options: { host: workspace.url, auth: { ...m2m, scope: "postgres" } } });
  expect(workspace.requests.map(({ path }) => path)).not.toContain("/api/2.0/preview/scim/v2/Me");
});
