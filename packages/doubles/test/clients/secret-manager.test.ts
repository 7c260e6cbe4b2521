/** Google's own library as a witness: what it does with the double, it does with Secret Manager. */
import { secretmanager } from "@googleapis/secretmanager";
import { createGcpDouble, type GcpDouble } from "@rotate/doubles";
import { expect, onTestFinished, test } from "vitest";

async function start() {
  const double = await createGcpDouble();
  onTestFinished(double.close);
  const answer = await fetch(
    `${double.url}/computeMetadata/v1/instance/service-accounts/default/token?scopes=https://www.googleapis.com/auth/cloud-platform`,
    { headers: { "metadata-flavor": "Google" } },
  );
  const { access_token: token } = (await answer.json()) as { readonly access_token: string };
  const headers = { authorization: `Bearer ${token}` };
  const api = secretmanager({ version: "v1", rootUrl: `${double.url}/`, headers }).projects.secrets;
  return { double, api };
}

const parent = "projects/acme";
const name = `${parent}/secrets/app`;

test("the library makes a secret, adds versions, moves an alias and reads by it", async () => {
  const { double, api } = await start();
  await api.create({ parent, secretId: "app", requestBody: { replication: { automatic: {} } } });
  const data = Buffer.from("tökén").toString("base64");
  const { data: added } = await api.addVersion({ parent: name, requestBody: { payload: { data } } });
  expect(added).toMatchObject({ name: expect.stringMatching(/\/versions\/1$/), state: "ENABLED" });
  const { data: live } = await api.get({ name });
  const requestBody = { etag: live.etag ?? null, versionAliases: { current: "1" } };
  await api.patch({ name, updateMask: "versionAliases", requestBody });
  const { data: read } = await api.versions.access({ name: `${name}/versions/current` });
  expect(Buffer.from(read.payload?.data ?? "", "base64").toString()).toBe("tökén");
  expect(seen(double)).toEqual({ current: "1" });
});

test("the library reads why it is refused", async () => {
  const { double, api } = await start();
  double.setSecret(name);
  double.addVersion(name, "text");
  const stale = api.patch({ name, updateMask: "labels", requestBody: { etag: '"old"', labels: {} } });
  await expect(stale).rejects.toMatchObject({ status: 400, message: expect.stringContaining("etag") });
  await api.versions.disable({ name: `${name}/versions/1` });
  await expect(api.versions.access({ name: `${name}/versions/latest` })).rejects.toMatchObject({ status: 400 });
  await expect(api.versions.access({ name: `${name}/versions/2` })).rejects.toMatchObject({ status: 404 });
  const wrong = { payload: { data: "dGV4dA==", dataCrc32c: "1" } };
  await expect(api.addVersion({ parent: name, requestBody: wrong })).rejects.toMatchObject({ status: 400 });
  double.setRight("secretmanager.versions.add", false);
  const permissions = ["secretmanager.versions.add", "secretmanager.versions.access"];
  const { data } = await api.testIamPermissions({ resource: name, requestBody: { permissions } });
  expect(data.permissions).toEqual(["secretmanager.versions.access"]);
});

function seen(double: GcpDouble) {
  return double.secret(name)?.aliases;
}
