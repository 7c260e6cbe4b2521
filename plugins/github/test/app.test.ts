import { type DoubleFault, githubFaults, githubRateLimit } from "@rotate/doubles";
import { errorOf, secretRef, textOf } from "@rotate/testkit";
import { expect, test } from "vitest";
import { calls, hub } from "./support.ts";

const mintRoute = "POST /app/installations/42/access_tokens";

test("an app gets a token of its installation, for an hour", async () => {
  const { github, mint } = await hub();
  const minted = await mint({ installationId: "42" });
  const known = github.inspect(textOf(minted, "token"));
  expect(known).toMatchObject({ installation: 42, repositories: ["app", "docs"] });
  expect(minted.expires).toEqual(new Date(known?.expiresAt ?? 0));
});

test("a token may be held to some repositories and permissions", async () => {
  const { github, mint } = await hub();
  const minted = await mint({ installationId: "42", repositories: ["docs"], permissions: { contents: "read" } });
  expect(github.inspect(textOf(minted, "token"))).toMatchObject({
    repositories: ["docs"],
    permissions: { contents: "read" },
  });
});

test("the installation is looked up by its owner: an organisation, a user, or a repository of theirs", async () => {
  const permissions = { contents: "read" } as const;
  const ada = { id: 7, owner: "ada", ownerType: "User", repositories: ["notes"], permissions } as const;
  const acme = { id: 42, owner: "acme", repositories: ["app"], permissions } as const;
  const { github, mint } = await hub({ installations: [acme, ada] });
  const found = [];
  for (const request of [{ owner: "acme" }, { owner: "ada" }, { owner: "ada", repositories: ["notes"] }]) {
    found.push(github.inspect(textOf(await mint(request), "token"))?.installation);
  }
  expect(found).toEqual([42, 7, 7]);
});

test("an Enterprise Server is reached by its base URL, with a slash at the end or without", async () => {
  const { github, mint } = await hub({ prefix: "/api/v3" });
  await mint({ owner: "acme" });
  await mint({ owner: "acme" }, { options: { baseUrl: `${github.url}/` } });
  expect(github.issued).toHaveLength(2);
});

test("the client id stands for the app as well as its id", async () => {
  const { github, mint } = await hub();
  await mint({ owner: "acme" }, { options: { appId: "Iv23liDOUBLE" } });
  expect(github.issued).toHaveLength(1);
});

test("tokens of the new length pass", async () => {
  const { mint } = await hub({ tokenLength: 520 });
  expect(textOf(await mint({ owner: "acme" }), "token")).toHaveLength(520);
});

test("a revoked token is dead at once, and revoking it again is no error", async () => {
  const { github, call, mint } = await hub();
  const minted = await mint({ owner: "acme" });
  const token = textOf(minted, "token");
  const ask = () => fetch(`${github.url}/installation/repositories`, { headers: { authorization: `token ${token}` } });
  expect((await ask()).status).toBe(200);
  await calls.revokeValue(minted, call({}));
  expect((await ask()).status).toBe(401);
  await calls.revokeValue(minted, call({}));
});

test("a token that has ended needs no revocation", async () => {
  const { call, clock, mint } = await hub();
  const minted = await mint({ owner: "acme" });
  await clock.advance(3_600_000);
  await expect(calls.revokeValue(minted, call({}))).resolves.toBeUndefined();
});

test("a revocation that GitHub could not do is tried again", async () => {
  const { github, call, mint } = await hub();
  const minted = await mint({ owner: "acme" });
  github.faults.next("DELETE /installation/token", githubFaults.unavailable);
  expect(await errorOf(calls.revokeValue(minted, call({})))).toMatchObject({ code: "UNAVAILABLE", retryable: true });
});

test.each([-40_000, 50_000])("a clock that is off by %i ms does no harm", async (off) => {
  const { github, clock, mint } = await hub();
  await mint({ owner: "acme" }, { now: () => clock.now() + off });
  expect(github.issued).toHaveLength(1);
});

test.each([
  [300_000, "300 s ahead of"],
  [-700_000, "700 s behind"],
])("a clock that is off by %i ms is refused, and measured", async (off, hint) => {
  const { clock, mint } = await hub();
  expect(await errorOf(mint({ owner: "acme" }, { now: () => clock.now() + off }))).toMatchObject({
    code: "DENIED",
    retryable: false,
    hint: expect.stringContaining(hint),
  });
});

interface Row {
  readonly name: string;
  readonly fault: DoubleFault;
  readonly code: string;
  readonly retryable?: true;
  readonly hint: RegExp;
  readonly retryAfter?: number;
}

const faults = githubFaults;
const rows: readonly Row[] = [
  { name: "a JWT not taken", fault: faults.badJwt, code: "DENIED", hint: /privateKey/ },
  { name: "an app without a key", fault: faults.noKey, code: "DENIED", hint: /privateKey/ },
  { name: "an unknown app", fault: faults.unknownApp, code: "DENIED", hint: /appId/ },
  { name: "a JWT of the future", fault: faults.issuedAhead, code: "DENIED", hint: /clock/ },
  { name: "a JWT too long", fault: faults.endTooFar, code: "DENIED", hint: /clock/ },
  { name: "a JWT that ended", fault: faults.ended, code: "DENIED", hint: /clock/ },
  { name: "bad credentials", fault: faults.badCredentials, code: "DENIED", hint: /appId/ },
  { name: "a suspension", fault: faults.suspended, code: "DENIED", hint: /resume/ },
  { name: "an address not allowed", fault: faults.ipBlocked, code: "DENIED", hint: /allow list/ },
  { name: "a call not allowed", fault: faults.notAccessible, code: "DENIED", hint: /permission/ },
  { name: "no such installation", fault: faults.notFound, code: "NOT_FOUND", hint: /./ },
  { name: "a permission not granted", fault: faults.permissionNotGranted, code: "INVALID", hint: /grant the app/ },
  { name: "a missing repository", fault: faults.repositoryMissing, code: "NOT_FOUND", hint: /request\.repositories/ },
  { name: "an invalid request", fault: faults.invalidRequest, code: "INVALID", hint: /request\.permissions/ },
  {
    name: "the secondary limit",
    fault: faults.secondaryLimit,
    code: "RATE_LIMITED",
    retryable: true,
    retryAfter: 7000,
    hint: /limits/,
  },
  {
    name: "the secondary limit without a time",
    fault: faults.secondaryLimitWithoutTime,
    code: "RATE_LIMITED",
    retryable: true,
    retryAfter: 60_000,
    hint: /limits/,
  },
  {
    name: "too many requests",
    fault: faults.tooMany,
    code: "RATE_LIMITED",
    retryable: true,
    retryAfter: 60_000,
    hint: /limits/,
  },
  { name: "an outage", fault: faults.unavailable, code: "UNAVAILABLE", retryable: true, hint: /githubstatus/ },
  { name: "a page of the gateway", fault: faults.unicorn, code: "UNAVAILABLE", retryable: true, hint: /githubstatus/ },
  { name: "a proxy's login page", fault: "html", code: "BAD_ANSWER", hint: /baseUrl/ },
  { name: "a redirect", fault: { status: 301, headers: { location: "/x" } }, code: "BAD_ANSWER", hint: /baseUrl/ },
  { name: "an answer cut in the middle", fault: "cut", code: "UNAVAILABLE", retryable: true, hint: /./ },
  { name: "a dropped connection", fault: "drop", code: "UNAVAILABLE", retryable: true, hint: /./ },
  { name: "10 MB", fault: { status: 201, body: "x".repeat(10 * 1024 * 1024) }, code: "BAD_ANSWER", hint: /./ },
  {
    name: "an error with status 201",
    fault: { status: 201, body: { message: "no" } },
    code: "BAD_ANSWER",
    hint: /baseUrl/,
  },
  {
    name: "a token with a line feed",
    fault: { status: 201, body: { token: "a\nb", expires_at: "2030-01-01T00:00:00Z" } },
    code: "BAD_ANSWER",
    hint: /baseUrl/,
  },
  {
    name: "a token without an end",
    fault: { status: 201, body: { token: "ghs_x", expires_at: "soon" } },
    code: "BAD_ANSWER",
    hint: /baseUrl/,
  },
];

test.each(rows)("a mint that meets $name is $code", async ({ fault, code, retryable, retryAfter, hint }) => {
  const { github, mint } = await hub();
  github.faults.next(mintRoute, fault);
  expect(await errorOf(mint({ installationId: "42" }))).toMatchObject({
    code,
    retryable: retryable === true,
    retryAfter,
    hint: expect.stringMatching(hint),
  });
});

test("the primary limit is waited for until it is over", async () => {
  const { github, clock, mint } = await hub();
  github.faults.next(mintRoute, githubRateLimit(clock.now() + 90_000));
  expect(await errorOf(mint({ installationId: "42" }))).toMatchObject({
    code: "RATE_LIMITED",
    retryable: true,
    retryAfter: 90_000,
  });
});

test.each([
  ["an owner without the app", { owner: "other" }, "NOT_FOUND", /install the app on other/],
  ["a repository without the app", { owner: "acme", repositories: ["x"] }, "NOT_FOUND", /install the app on acme\/x/],
  ["a second repository without the app", { owner: "acme", repositories: ["app", "x"] }, "NOT_FOUND", /repositories/],
  ["more than was granted", { owner: "acme", permissions: { contents: "admin" } }, "INVALID", /grant the app/],
  ["no installation at all", {}, "INVALID", /request\.owner/],
])("a request for %s says so", async (_case, request, code, hint) => {
  const { mint } = await hub();
  expect(await errorOf(mint(request))).toMatchObject({ code, retryable: false, hint: expect.stringMatching(hint) });
});

test("a suspended installation, and a deleted key, are refused by GitHub itself", async () => {
  const { github, mint } = await hub();
  github.suspend(42);
  expect((await errorOf(mint({ owner: "acme" }))).hint).toContain("suspended");
  github.deleteKey();
  expect((await errorOf(mint({ owner: "acme" }))).hint).toContain("privateKey");
});

test.each([
  ["cut in the middle", (pem: string) => pem.slice(0, 600), /cut off/],
  ["a path", () => "/etc/app.pem", /no PEM text/],
  ["on one line", (pem: string) => pem.replaceAll("\n", ""), /line feeds/],
])("a private key that is %s says so, and asks nobody", async (_case, change, message) => {
  const { github, mint } = await hub();
  const privateKey = secretRef(change(github.privateKey));
  const error = await errorOf(mint({ owner: "acme" }, { options: { privateKey } }));
  expect(error).toMatchObject({ code: "INVALID", retryable: false, message: expect.stringMatching(message) });
  expect(github.requests).toHaveLength(0);
});

test("a base URL without TLS gets no token", async () => {
  const { mint } = await hub();
  const error = await errorOf(mint({ owner: "acme" }, { options: { baseUrl: "http://github.example.com/api/v3" } }));
  expect(error.message).toContain("in the clear");
});
