/** Google's own library as a witness: what it does with the double, it does with Google Cloud. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGcpDouble, type GcpDouble, type GcpDoubleOptions } from "@rotate/doubles";
import { Compute, ExternalAccountClient, GoogleAuth, Impersonated, JWT, UserRefreshClient } from "google-auth-library";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { describe, expect, onTestFinished, test, vi } from "vitest";

const scope = "https://www.googleapis.com/auth/cloud-platform";
const app = "app@acme.iam.gserviceaccount.com";
const target = "target@acme.iam.gserviceaccount.com";

async function start(options: GcpDoubleOptions = {}): Promise<GcpDouble> {
  const double = await createGcpDouble(options);
  onTestFinished(double.close);
  return double;
}

/** The library asks Google's own hosts: only the wire leads to the double. */
function wireTo({ url }: GcpDouble) {
  const fetchImplementation: typeof fetch = (asked, init) => {
    const { pathname, search } = new URL(asked instanceof Request ? asked.url : asked);
    return fetch(new URL(`${pathname}${search}`, url), init);
  };
  return { transporterOptions: { fetchImplementation } };
}

function onMachine({ env }: GcpDouble): void {
  vi.stubEnv("GCE_METADATA_HOST", env.GCE_METADATA_HOST);
  onTestFinished(() => void vi.unstubAllEnvs());
}

/** Keeps no token: each asks anew. */
function byKey(double: GcpDouble): () => JWT {
  const { client_email: email = "", private_key: key = "" } = JSON.parse(double.keyFile(app)) as Record<string, string>;
  return () => new JWT({ email, key, scopes: [scope], ...wireTo(double) });
}

describe("google-auth-library gets a token", () => {
  test("of the machine's service account, once it has found out that there is one", async () => {
    const double = await start();
    onMachine(double);
    vi.stubEnv("HOME", "/nowhere/at/all");
    const client = await new GoogleAuth({ scopes: [scope] }).getClient();
    expect(client).toBeInstanceOf(Compute);
    const { token } = await client.getAccessToken();
    expect(double.inspect(token ?? "")).toMatchObject({ principal: app, by: "metadata" });
    expect(double.requests.map(({ path }) => path)).toContain("/computeMetadata/v1/instance");
  });

  test("by a service account's key, until the key is deleted", async () => {
    const double = await start();
    const client = byKey(double);
    const { token } = await client().getAccessToken();
    expect(double.inspect(token ?? "")).toMatchObject({ principal: app, by: "key", scopes: [scope] });
    double.deleteKey(app);
    await expect(client().getAccessToken()).rejects.toThrow("Invalid JWT Signature");
  });

  test("by the login of a person, until it is revoked", async () => {
    const person = { email: "ann@example.com", clientId: "id", clientSecret: "s", refreshToken: "1//refresh" };
    const double = await start({ people: [person] });
    const { clientId, clientSecret, refreshToken } = person;
    const options = { clientId, clientSecret, refreshToken, ...wireTo(double) };
    const { token } = await new UserRefreshClient(options).getAccessToken();
    expect(double.inspect(token ?? "")).toMatchObject({ principal: person.email, by: "refresh-token" });
    double.revokeRefreshToken(person.email);
    await expect(new UserRefreshClient(options).getAccessToken()).rejects.toThrow("invalid_grant");
  });

  test("as another account, if it may", async () => {
    const double = await start();
    const options = {
      sourceClient: byKey(double)(),
      targetPrincipal: target,
      targetScopes: [scope],
      endpoint: double.url,
      ...wireTo(double),
    };
    const { token } = await new Impersonated(options).getAccessToken();
    expect(double.inspect(token ?? "")).toMatchObject({ principal: target, by: "impersonation" });
    double.forbid(target);
    await expect(new Impersonated(options).getAccessToken()).rejects.toThrow("iam.serviceAccounts.getAccessToken");
  });

  test("for an identity of another issuer", async () => {
    const audience = "//iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/ci/providers/elsewhere";
    const { privateKey, publicKey } = await generateKeyPair("RS256");
    const issuer = "https://issuer.example";
    const double = await start({
      pools: [{ audience, issuer, key: { ...(await exportJWK(publicKey)), alg: "RS256" } }],
    });
    const identity = await new SignJWT()
      .setProtectedHeader({ alg: "RS256" })
      .setIssuer(issuer)
      .setSubject("job")
      .setAudience(`https:${audience}`)
      .setIssuedAt()
      .setExpirationTime("5m")
      .sign(privateKey);
    const directory = await mkdtemp(join(tmpdir(), "rotate-google-"));
    onTestFinished(() => rm(directory, { recursive: true }));
    const file = join(directory, "identity");
    await writeFile(file, identity);
    const client = ExternalAccountClient.fromJSON({
      type: "external_account",
      audience,
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      token_url: `${double.url}/v1/token`,
      credential_source: { file },
    });
    const answer = await client?.getAccessToken();
    expect(double.inspect(answer?.token ?? "")).toMatchObject({ by: "exchange" });
  });
});
