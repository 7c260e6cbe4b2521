import { createTestContext, envRef, errorOf, secretRef, withDefaults } from "@rotate/testkit";
import { describe, expect, test } from "vitest";
import { cloud, federated, keyOf, provider, target, userOf } from "./support.ts";

describe("a check finds what is missing here, and asks for no token that would be left behind", () => {
  test.each([
    ["a key that is not set", { method: "service-account", key: envRef("NOT_SET") }, "NOT_FOUND", /NOT_SET/],
    ["a login that is not set", { method: "authorized-user", credentials: envRef("NOT_SET") }, "NOT_FOUND", /NOT_SET/],
    ["an identity that is not set", federated({ from: "reference", token: envRef("NOT_SET") }), "NOT_FOUND", /NOT_SET/],
    ["a gcloud that is not installed", { method: "gcloud", command: "/nowhere/gcloud" }, "NOT_FOUND", /gcloud/],
    [
      "an identity program that is not there",
      federated({ from: "executable", command: ["/nowhere/program"] }),
      "NOT_FOUND",
      /program/,
    ],
  ])("%s", async (_name, source, code, message) => {
    const { gcp, check } = await cloud();
    expect(await errorOf(check(source))).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(gcp.requests).toEqual([]);
  });

  test("a file of the wrong type is named with the method that reads it", async () => {
    const { gcp, check } = await cloud();
    const source = { method: "service-account", key: userOf(gcp).credentials };
    expect(await errorOf(check(source))).toMatchObject({
      code: "INVALID",
      message: expect.stringContaining("authorized_user, not service_account"),
      hint: "use source.method authorized-user",
    });
  });

  test("a request that the source cannot serve", async () => {
    const { gcp, check } = await cloud();
    expect(await errorOf(check(keyOf(gcp), { request: { ttl: 600_000 } }))).toMatchObject({ code: "INVALID" });
    const idToken = { audience: "https://a.run.app" };
    expect(await errorOf(check(userOf(gcp), { request: { idToken } }))).toMatchObject({
      code: "INVALID",
      message: expect.stringContaining("makes no identity token"),
    });
  });

  test("nothing, where all is there", async () => {
    const { gcp, check } = await cloud();
    await check(keyOf(gcp));
    await check(userOf(gcp));
    expect(gcp.requests).toEqual([]);
    await check({ method: "metadata" });
  });
});

test("the metadata server keeps its token: a lost answer leaves nothing, a lost grant may", async () => {
  const { gcp, mint } = await cloud();
  gcp.faults.always("*", { status: 500, headers: { "metadata-flavor": "Google" } });
  expect(await errorOf(mint({ method: "metadata" }))).toMatchObject({ code: "UNAVAILABLE", noEffect: true });
  expect(await errorOf(mint(keyOf(gcp)))).toMatchObject({ code: "UNAVAILABLE", noEffect: false });
});

test("a person that consented to less than is asked is told", async () => {
  const { gcp, call } = await cloud();
  const body = { access_token: "ya29.narrow", expires_in: 3599, token_type: "Bearer", scope: "openid" };
  gcp.faults.next("*", { status: 200, body });
  const asked = call(userOf(gcp));
  const ctx = createTestContext({ ...asked, schema: provider.options, login: {} });
  const request = withDefaults(provider.request ?? { type: "object" }, { scopes: ["openid", "email", "sql"] });
  await provider.mint(request, ctx);
  expect(ctx.logs.at(-1)).toMatchObject({ level: "warn", fields: { missing: "sql" } });
});

test("what a login stands on is named, and keeps the rotation here", () => {
  const scopeOf = typeof provider.scope === "function" ? provider.scope : () => "";
  expect(provider.reads?.({ source: { method: "gcloud" } }, { HOME: "/home/app" })).toEqual([
    { path: "/home/app/.config/gcloud" },
  ]);
  const key = { source: { method: "service-account", key: secretRef("x") }, impersonate: { account: target } };
  expect([scopeOf({ source: { method: "metadata" } }), scopeOf(key)]).toEqual(["host", "anywhere"]);
});
