import { type DatabricksDouble } from "@rotate/doubles";
import { secretRef } from "@rotate/testkit";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { endpoint, errorOf, logIn, mint, mintRoute, pat, tokenOf, user, workspaceDouble } from "./support.ts";
import { readCredential } from "../src/credential.ts";

const auth = { method: "pat", token: secretRef(pat) };

async function databaseToken(workspace: DatabricksDouble): Promise<string> {
  return tokenOf(await mint({ options: { host: workspace.url, auth } }));
}

test("a life and claims that are asked for reach the service", async () => {
  const workspace = await workspaceDouble();
  const claims = [{ permissionSet: "READ_ONLY", tables: ["main.sales.orders"] }];
  const minted = await mint({ options: { host: workspace.url, auth }, request: { endpoint, ttl: 600_000, claims } });
  expect(workspace.mints[0]?.claims).toEqual([
    { permission_set: "READ_ONLY", resources: [{ table_name: "main.sales.orders" }] },
  ]);
  expect(Number(minted.expires) - Date.now()).toBeLessThanOrEqual(600_000);
});

test("a service with another minimum can be asked for seconds", async () => {
  const workspace = await workspaceDouble({ minTtl: 1000 });
  await mint({ options: { host: workspace.url, auth }, request: { endpoint, ttl: 2500 } });
  expect(JSON.parse(workspace.requests.at(-1)?.body ?? "")).toMatchObject({ ttl: "2.5s" });
});

test("the older API is asked for instances, and its expiry has another name", async () => {
  const workspace = await workspaceDouble();
  const minted = await mint({
    options: { host: workspace.url, api: "provisioned", auth },
    request: { instances: ["app"] },
  });
  expect(workspace.mints[0]).toMatchObject({ api: "provisioned", resources: ["app"], sub: user });
  expect(minted.expires).toEqual(new Date(workspace.mints[0]?.expiresAt ?? 0));
  expect(JSON.parse(workspace.requests.at(-1)?.body ?? "")).toMatchObject({ request_id: "rotate-test-000000000001" });
});

test.each([
  ["a life", { instances: ["app"], ttl: 600_000 }],
  ["an endpoint", { endpoint }],
  ["neither instances nor claims", {}],
])("the older API is not asked for %s", async (_case, request) => {
  const workspace = await workspaceDouble();
  const error = await errorOf(mint({ options: { host: workspace.url, api: "provisioned", auth }, request }));
  expect(error.code).toBe("INVALID");
  expect(workspace.requests).toEqual([]);
});

test.each([
  ["no token", { expire_time: "2026-11-22T10:00:00Z" }, /no token/],
  ["a null token", { token: null, expire_time: "2026-11-22T10:00:00Z" }, /no token/],
  ["an empty token", { token: "", expire_time: "2026-11-22T10:00:00Z" }, /is empty/],
  ["a token with a line feed", { token: "ey\nJ", expire_time: "2026-11-22T10:00:00Z" }, /line feed/],
  ["a token with a space", { token: "ey J", expire_time: "2026-11-22T10:00:00Z" }, /space/],
  ["our own token", { token: pat, expire_time: "2026-11-22T10:00:00Z" }, /repeats/],
  ["no expiry", { token: "eyJ" }, /when the token ends/],
  ["an expiry in words", { token: "eyJ", expire_time: "in an hour" }, /RFC 3339/],
  ["an expiry that is no date", { token: "eyJ", expire_time: "2026-13-45T99:00:00Z" }, /RFC 3339/],
])("an answer with %s is not believed", async (_case, body, message) => {
  const workspace = await workspaceDouble();
  workspace.faults.next(mintRoute, { status: 200, body });
  const error = await errorOf(mint({ options: { host: workspace.url, auth } }));
  expect(error).toMatchObject({ code: "BAD_ANSWER", retryable: false, noEffect: false });
  expect(error.message).toMatch(message);
  expect(error.message).not.toContain(pat);
});

test.each([0, 3, 6, 9] as const)("an expiry with %d fractional digits is understood", async (fractionalDigits) => {
  const workspace = await workspaceDouble({ fractionalDigits });
  const { expires } = await mint({ options: { host: workspace.url, auth } });
  const { exp } = await workspace.tokens.verify(await databaseToken(workspace));
  expect(Math.abs(exp * 1000 - Number(expires))).toBeLessThan(5000);
});

test("whatever the fraction, an expiry is read to the millisecond and never later", () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true }),
      fc.constantFrom(3, 6, 9),
      (date, digits) => {
        const text = date.toISOString().replace("Z", `${"9".repeat(digits - 3)}Z`);
        expect(readCredential({ token: "t", expire_time: text }, undefined).expires).toEqual(date);
      },
    ),
  );
});

test("the database credential is never taken for a personal access token", async () => {
  const workspace = await workspaceDouble();
  const written = await databaseToken(workspace);
  const seen = workspace.requests.length;
  const own = { method: "pat", token: secretRef(written) };
  const error = await errorOf(mint({ options: { host: workspace.url, auth: own } }));
  expect(error).toMatchObject({ code: "INVALID", retryable: false, hint: expect.stringMatching(/LAKEBASE_PASSWORD/) });
  expect(error.message).toMatch(/looks like the database credential/);
  expect(workspace.requests).toHaveLength(seen);
});

test("the database credential is never taken for an identity token or a client secret", async () => {
  const workspace = await workspaceDouble();
  const token = secretRef(await databaseToken(workspace));
  const oidc = await errorOf(logIn({ options: { host: workspace.url, auth: { method: "env-oidc", token } } }));
  expect(oidc.message).toMatch(/looks like the database credential/);
  const m2m = { method: "oauth-m2m", clientId: "sp", clientSecret: token };
  expect(await errorOf(logIn({ options: { host: workspace.url, auth: m2m } }))).toMatchObject({ code: "INVALID" });
});

test.each([
  ["an OAuth secret", "dose0123456789", /oauth-m2m/],
  ["two lines", `${pat}\n${pat}`, /one line/],
  ["a space behind it", `${pat} `, /one line/],
])("a personal access token that is %s is refused before any call", async (_case, text, hint) => {
  const workspace = await workspaceDouble();
  const error = await errorOf(
    logIn({ options: { host: workspace.url, auth: { method: "pat", token: secretRef(text) } } }),
  );
  expect(error).toMatchObject({ code: "INVALID", retryable: false, hint: expect.stringMatching(hint) });
  expect(workspace.requests).toEqual([]);
});

test("a fetched access token in place of a personal one is named as such", async () => {
  const workspace = await workspaceDouble({ servicePrincipals: [{ clientId: "sp", secret: "s" }] });
  const login = await logIn({
    options: { host: workspace.url, auth: { method: "oauth-m2m", clientId: "sp", clientSecret: secretRef("s") } },
  });
  const bearer = login["bearer"] as { reveal: () => string };
  const misplaced = { method: "pat", token: secretRef(bearer.reveal()) };
  expect(await errorOf(logIn({ options: { host: workspace.url, auth: misplaced } }))).toMatchObject({
    message: expect.stringMatching(/OAuth access token/),
  });
});
