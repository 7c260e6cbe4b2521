/** Microsoft's own library as a witness: what it does with the double, it does with a vault. */
import { request } from "node:https";
import { text } from "node:stream/consumers";
import { SecretClient } from "@azure/keyvault-secrets";
import { createAzureDouble, createCertificateAuthority, type AzureDouble } from "@rotate/doubles";
import { expect, onTestFinished, test } from "vitest";

const clientId = "22222222-2222-4222-8222-222222222222";

const authority = createCertificateAuthority();
const server = authority.issue({ hosts: ["127.0.0.1"] });

async function start(): Promise<{ readonly double: AzureDouble; readonly client: SecretClient }> {
  const double = await createAzureDouble({ tls: server, apps: [{ clientId, secrets: { secret: undefined } }] });
  onTestFinished(double.close);
  const credential = { getToken: (scopes: string | string[]) => tokenFor(double, [scopes].flat().join(" ")) };
  const options = { disableChallengeResourceVerification: true, tlsOptions: { ca: authority.ca } };
  return { double, client: new SecretClient(double.url, credential, options) };
}

/** The library takes what to log in for from the vault's challenge. */
async function tokenFor({ url, tenantId }: AzureDouble, scope: string) {
  const form = { grant_type: "client_credentials", client_id: clientId, client_secret: "secret", scope };
  const { promise, resolve, reject } = Promise.withResolvers<import("node:http").IncomingMessage>();
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  request(`${url}/${tenantId}/oauth2/v2.0/token`, { method: "POST", headers, ca: authority.ca }, resolve)
    .on("error", reject)
    .end(String(new URLSearchParams(form)));
  const { access_token: token } = JSON.parse(await text(await promise)) as { readonly access_token: string };
  return { token, expiresOnTimestamp: Date.now() + 3_600_000 };
}

test("the library writes, reads, lists and disables versions", async () => {
  const { double, client } = await start();
  const expiresOn = new Date(Date.now() + 86_400_000);
  await client.setSecret("app", "first", { tags: { team: "db" }, contentType: "text/plain", expiresOn });
  const second = await client.setSecret("app", "second");
  expect(await client.getSecret("app")).toMatchObject({ value: "second", properties: { enabled: true } });
  const versions = [];
  for await (const one of client.listPropertiesOfSecretVersions("app")) versions.push(one.version);
  expect(versions).toHaveLength(2);
  await client.updateSecretProperties("app", second.properties.version ?? "", { enabled: false });
  await expect(client.getSecret("app")).rejects.toMatchObject({
    statusCode: 403,
    details: { error: { innerError: { code: "SecretDisabled" } } },
  });
  expect(double.vaultSecret("app")?.versions[0]).toMatchObject({ value: "first", tags: { team: "db" } });
});

test("the library reads why it is refused", async () => {
  const { double, client } = await start();
  await expect(client.getSecret("app")).rejects.toMatchObject({ statusCode: 404, code: "SecretNotFound" });
  await client.setSecret("app", "text");
  double.setVaultSecret("app", { deleted: true });
  await expect(client.setSecret("app", "again")).rejects.toMatchObject({ statusCode: 409 });
  expect((await client.getDeletedSecret("app")).recoveryId).toContain("/deletedsecrets/app");
  double.setVaultRight("set", false);
  await expect(client.setSecret("other", "text")).rejects.toMatchObject({ statusCode: 403, code: "Forbidden" });
});
