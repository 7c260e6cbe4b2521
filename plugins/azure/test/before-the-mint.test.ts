import { azureFaults } from "@rotate/doubles";
import { envRef, errorOf, secretRef } from "@rotate/testkit";
import { describe, expect, test } from "vitest";
import { bySecret, clientId, provider, tenant } from "./support.ts";

const scope = "https://ossrdbms-aad.database.windows.net/.default";

describe("a check finds what is missing here, and asks Entra for nothing", () => {
  test.each([
    ["a secret that is not set", { ...bySecret, clientSecret: envRef("NOT_SET") }, "NOT_FOUND", /NOT_SET/],
    [
      "an application that is not named",
      { method: "federated", token: secretRef("a.b.c") },
      "INVALID",
      /no application/,
    ],
    ["an identity token that is not named", { method: "federated", clientId }, "INVALID", /no identity token/],
    [
      "a job that may not ask for its identity",
      { method: "github-oidc", clientId },
      "INVALID",
      /no GitHub Actions job/,
    ],
    [
      "a certificate that is none",
      { method: "client-certificate", clientId, certificate: "x", key: secretRef("y") },
      "INVALID",
      /no certificate/,
    ],
  ])("%s", async (_name, auth, code, message) => {
    const { azure, check } = await tenant();
    expect(await errorOf(check(auth))).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(azure.requests).toEqual([]);
  });

  test("a projected token that is not mounted", async () => {
    const { check } = await tenant();
    const env = { AZURE_FEDERATED_TOKEN_FILE: "/nowhere/token" };
    expect(await errorOf(check({ method: "federated", clientId }, { env }))).toMatchObject({ code: "NOT_FOUND" });
  });

  test("a machine without an identity", async () => {
    const { azure, check } = await tenant();
    await check({ method: "managed-identity" });
    azure.faults.next("*", azureFaults.identityMissing);
    expect(await errorOf(check({ method: "managed-identity" }))).toMatchObject({ code: "NOT_FOUND" });
  });

  test("a secret that would go in the clear", async () => {
    const { check } = await tenant();
    const options = { authority: "http://login.example.com" };
    expect(await errorOf(check(bySecret, { options }))).toMatchObject({ code: "INVALID" });
  });
});

test("a managed identity's token is kept by its service: a lost answer leaves nothing", async () => {
  const { azure, mint } = await tenant();
  azure.faults.next("*", { status: 500 });
  expect(await errorOf(mint({ method: "managed-identity" }))).toMatchObject({ code: "UNAVAILABLE", noEffect: true });
  azure.faults.next("*", { status: 500 });
  expect(await errorOf(mint(bySecret))).toMatchObject({ code: "UNAVAILABLE", noEffect: false });
});

test("the token that the webhook projects is named as read, and keeps the rotation here", () => {
  const env = { AZURE_FEDERATED_TOKEN_FILE: "/run/token" };
  const scopeOf = typeof provider.scope === "function" ? provider.scope : () => "";
  const file = { auth: { method: "federated" } };
  expect(provider.reads?.(file, env)).toEqual([{ path: "/run/token" }]);
  expect(provider.reads?.({ auth: bySecret }, env)).toEqual([]);
  expect([scopeOf(file), scopeOf({ auth: { method: "managed-identity" } })]).toEqual(["host", "host"]);
  expect(scopeOf({ auth: bySecret, scope })).toBe("anywhere");
});
