import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCertificateAuthority, createGithubOidcDouble } from "@rotate/doubles";
import { errorOf, secretRef, textOf } from "@rotate/testkit";
import { expect, onTestFinished, test } from "vitest";
import { bySecret, clientId, identities, newClock, postgres, tenant } from "./support.ts";

const [system, own] = identities;

async function trusting() {
  const clock = newClock();
  const github = await createGithubOidcDouble({ now: clock.now });
  onTestFinished(github.close);
  const { issuer, subject, key } = github;
  const apps = [{ clientId, federated: [{ issuer, subject, key }] }];
  return { github, ...(await tenant({ apps }, clock)) };
}

test("a client secret gets a token for PostgreSQL, unless the request names another service", async () => {
  const { azure, mint } = await tenant();
  const minted = await mint(bySecret);
  expect(await azure.verify(textOf(minted, "token"))).toMatchObject({ appid: clientId, aud: postgres });
  expect(minted.expires).toEqual({ in: 3_899_000 });
  const other = await mint(bySecret, { request: { scope: "https://database.windows.net/.default" } });
  expect((await azure.verify(textOf(other, "token"))).aud).toBe("https://database.windows.net");
});

test("tenant and authority may come from the environment", async () => {
  const { azure, mint } = await tenant();
  const env = { AZURE_TENANT_ID: azure.tenantId, AZURE_AUTHORITY_HOST: `${azure.url}/` };
  await mint(bySecret, { options: { tenantId: undefined, authority: undefined }, env });
  expect(azure.requests).toHaveLength(1);
});

test("a certificate of the app signs for a token", async () => {
  const { cert, key } = createCertificateAuthority().issue({ hosts: ["app.example.com"], keyType: "rsa" });
  const { azure, mint } = await tenant({ apps: [{ clientId, certificates: [cert] }] });
  const minted = await mint({ method: "client-certificate", clientId, certificate: cert, key: secretRef(key) });
  expect((await azure.verify(textOf(minted, "token"))).appid).toBe(clientId);
});

test("a certificate that cannot serve is refused before anybody is asked", async () => {
  const authority = createCertificateAuthority();
  const hosts = ["app.example.com"] as const;
  const [good, other] = [authority.issue({ hosts, keyType: "rsa" }), authority.issue({ hosts, keyType: "rsa" })];
  const over = authority.issue({ hosts, keyType: "rsa", notAfter: new Date(Date.now() - 60_000) });
  const ec = authority.issue({ hosts });
  const { azure, mint } = await tenant();
  const cases = [
    [good.cert, other.key, /not the key of/],
    [over.cert, over.key, /ended on/],
    [ec.cert, ec.key, /does not fit PS256/],
    ["/etc/app.pem", good.key, /no certificate/],
    [good.cert, good.key.slice(0, 500), /cut off/],
  ] as const;
  for (const [certificate, key, message] of cases) {
    const error = await errorOf(mint({ method: "client-certificate", clientId, certificate, key: secretRef(key) }));
    expect(error).toMatchObject({ code: "INVALID", retryable: false, message: expect.stringMatching(message) });
  }
  expect(azure.requests).toHaveLength(0);
});

test("a GitHub job shows its identity, without any secret", async () => {
  const { azure, github, mint } = await trusting();
  const minted = await mint({ method: "github-oidc", clientId }, { env: github.env });
  expect((await azure.verify(textOf(minted, "token"))).appid).toBe(clientId);
  expect(github.requests[0]?.query.get("audience")).toBe("api://AzureADTokenExchange");
});

test("a pod shows the token that is projected into it, read anew at each mint", async () => {
  const { azure, github, mint } = await trusting();
  const directory = await mkdtemp(join(tmpdir(), "rotate-azure-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const path = join(directory, "token");
  const env = { AZURE_CLIENT_ID: clientId, AZURE_FEDERATED_TOKEN_FILE: path };
  expect(await errorOf(mint({ method: "federated" }, { env }))).toMatchObject({ code: "NOT_FOUND" });
  await writeFile(path, "\n");
  expect((await errorOf(mint({ method: "federated" }, { env }))).message).toContain("is empty");
  await writeFile(path, `${await github.sign("api://AzureADTokenExchange")}\n`);
  expect((await azure.verify(textOf(await mint({ method: "federated" }, { env }), "token"))).appid).toBe(clientId);
});

test("an identity token may be given by reference", async () => {
  const { azure, github, mint } = await trusting();
  const token = secretRef(await github.sign("api://AzureADTokenExchange"));
  expect(textOf(await mint({ method: "federated", clientId, token }), "token")).toMatch(/^ey/);
  expect(azure.requests).toHaveLength(1);
});

test.each([
  ["the system's own", {}, system.clientId],
  ["one by client id", { clientId: own.clientId }, own.clientId],
  ["one by object id", { objectId: own.objectId }, own.clientId],
  ["one by resource id", { resourceId: own.resourceId }, own.clientId],
])("a machine and an app get the token of their managed identity: %s", async (_case, who, appid) => {
  const { azure, mint } = await tenant();
  for (const env of [azure.machineEnv, azure.appServiceEnv]) {
    const minted = await mint({ method: "managed-identity", ...who }, { env, options: { tenantId: undefined } });
    const token = await azure.verify(textOf(minted, "token"));
    expect(token).toMatchObject({ appid, aud: postgres });
    expect(minted.expires).toEqual(new Date(token.exp * 1000));
  }
});

test("a managed identity gets the same token again, with the same end", async () => {
  const { mint, clock } = await tenant();
  const first = await mint({ method: "managed-identity" });
  await clock.advance(3_600_000);
  const second = await mint({ method: "managed-identity" });
  expect(textOf(second, "token")).toBe(textOf(first, "token"));
  expect(second.expires).toEqual(first.expires);
});

test("a managed identity's token is never fetched through a proxy", async () => {
  const { azure, mint } = await tenant();
  await mint({ method: "managed-identity" }, { env: { ...azure.machineEnv, HTTP_PROXY: "http://127.0.0.1:1" } });
  expect(azure.requests[0]?.headers["metadata"]).toBe("true");
});

test.each([
  ["tenant", bySecret, { tenantId: undefined }, /AZURE_TENANT_ID/],
  ["application", { method: "federated" }, {}, /AZURE_CLIENT_ID/],
  ["identity token", { method: "federated", clientId }, {}, /AZURE_FEDERATED_TOKEN_FILE/],
  ["authority with TLS", bySecret, { authority: "http://login.example.com" }, /https/],
])("without a %s nobody is asked", async (_what, auth, options, hint) => {
  const { azure, mint } = await tenant();
  expect(await errorOf(mint(auth, { options }))).toMatchObject({
    code: "INVALID",
    retryable: false,
    hint: expect.stringMatching(hint),
  });
  expect(azure.requests).toHaveLength(0);
});
