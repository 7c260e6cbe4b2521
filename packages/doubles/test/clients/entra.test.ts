/** Microsoft's own library as a witness: what it does with the double, it does with Entra ID. */
import { execFile } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { request } from "node:https";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { ConfidentialClientApplication, type Configuration, type INetworkModule } from "@azure/msal-node";
import {
  createAzureDouble,
  createCertificateAuthority,
  type AzureDouble,
  type AzureDoubleOptions,
} from "@rotate/doubles";
import { describe, expect, onTestFinished, test } from "vitest";

const run = promisify(execFile);

const clientId = "22222222-2222-4222-8222-222222222222";
const clientSecret = "abc8Q~secret-of-the-app-0123456789";
const resource = "https://ossrdbms-aad.database.windows.net";
const scopes = [`${resource}/.default`];

const authority = createCertificateAuthority();
const server = authority.issue({ hosts: ["127.0.0.1"] });

type NetworkOptions = Parameters<INetworkModule["sendPostRequestAsync"]>[1];

/** Only the wire: the library's own trusts no authority of a test's. */
async function send(method: string, url: string, { headers = {}, body = "" }: NetworkOptions = {}) {
  const { promise, resolve, reject } = Promise.withResolvers<import("node:http").IncomingMessage>();
  request(url, { method, headers, ca: authority.ca }, resolve).on("error", reject).end(body);
  const answer = await promise;
  return { status: answer.statusCode ?? 0, headers: {}, body: JSON.parse((await text(answer)) || "{}") as never };
}

const networkClient: INetworkModule = {
  sendGetRequestAsync: (url, options) => send("GET", url, options),
  sendPostRequestAsync: (url, options) => send("POST", url, options),
};

async function start(options: AzureDoubleOptions = {}): Promise<AzureDouble> {
  const double = await createAzureDouble({ tls: server, ...options });
  onTestFinished(double.close);
  return double;
}

function application({ url, tenantId }: AzureDouble, proof: Partial<Configuration["auth"]>) {
  const { host } = new URL(url);
  return new ConfidentialClientApplication({
    auth: { clientId, authority: `${url}/${tenantId}`, knownAuthorities: [host], ...proof },
    system: { networkClient },
  });
}

describe("MSAL gets a token", () => {
  test("by a secret: it finds the endpoints by itself", async () => {
    const double = await start({ apps: [{ clientId, secrets: { [clientSecret]: undefined } }] });
    const granted = await application(double, { clientSecret }).acquireTokenByClientCredential({ scopes });
    expect(await double.verify(granted?.accessToken ?? "")).toMatchObject({ appid: clientId, aud: resource });
    expect(double.requests.map(({ path }) => path)).toContain(
      `/${double.tenantId}/v2.0/.well-known/openid-configuration`,
    );
  });

  test.each([
    ["sha256", "thumbprintSha256"],
    ["sha1", "thumbprint"],
  ])("by a certificate that it names by its %s", async (hash, word) => {
    const { cert, key } = createCertificateAuthority().issue({ hosts: ["app.example.com"], keyType: "rsa" });
    const double = await start({ apps: [{ clientId, certificates: [cert] }] });
    const thumbprint = createHash(hash).update(new X509Certificate(cert).raw).digest("hex");
    const clientCertificate = { privateKey: key, [word]: thumbprint };
    const granted = await application(double, { clientCertificate }).acquireTokenByClientCredential({ scopes });
    expect(await double.verify(granted?.accessToken ?? "")).toMatchObject({ appid: clientId });
  });

  test("not by a wrong secret, nor for a service that nobody knows: it reads the refusals", async () => {
    const double = await start({ apps: [{ clientId, secrets: { [clientSecret]: undefined } }] });
    const wrong = application(double, { clientSecret: "wrong" }).acquireTokenByClientCredential({ scopes });
    await expect(wrong).rejects.toMatchObject({ errorCode: "invalid_client", errorNo: 7000215 });
    const unknown = application(double, { clientSecret }).acquireTokenByClientCredential({
      scopes: ["https://nowhere.example/.default"],
    });
    await expect(unknown).rejects.toMatchObject({ errorCode: "invalid_resource" });
  });
});

const program = `
  import { ManagedIdentityApplication } from "@azure/msal-node";
  const application = new ManagedIdentityApplication({ system: { disableInternalRetries: true } });
  const { accessToken } = await application.acquireToken({ resource: "${resource}" });
  process.stdout.write(accessToken);
`;

/** The library finds out once in the life of a process where it is: each place is a process of its own. */
async function inWorkload(env: Readonly<Record<string, string>>): Promise<string> {
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", program], {
    env,
    cwd: import.meta.dirname,
  });
  return stdout;
}

describe("MSAL gets a token of a managed identity", () => {
  const identity = {
    clientId: "33333333-3333-4333-8333-333333333333",
    objectId: "44444444-4444-4444-8444-444444444444",
  };

  test.each([
    ["a machine", ({ machineEnv }: AzureDouble) => machineEnv],
    ["an App Service", ({ appServiceEnv }: AzureDouble) => appServiceEnv],
  ])("of %s", async (_name, envOf) => {
    const double = await createAzureDouble({ identities: [identity] });
    onTestFinished(double.close);
    const accessToken = await inWorkload(envOf(double));
    expect(await double.verify(accessToken)).toMatchObject({ appid: identity.clientId, aud: resource });
  });
});
