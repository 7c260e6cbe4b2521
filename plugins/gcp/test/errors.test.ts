import { type DoubleFault, gcpFaults } from "@rotate/doubles";
import { errorOf, secretRef } from "@rotate/testkit";
import { expect, test } from "vitest";
import {
  app,
  cloud,
  federated,
  federatedCloud,
  keyOf,
  person,
  pool,
  program,
  target,
  temporaryDirectory,
  userOf,
} from "./support.ts";

interface Row {
  readonly name: string;
  readonly fault: DoubleFault;
  readonly code: string;
  readonly retryable?: true;
  readonly message?: RegExp;
  readonly hint: RegExp;
}

const huge = { status: 200, body: "x".repeat(10 * 1024 * 1024) };
const anywhere: readonly Row[] = [
  { name: "a proxy's login page", fault: "html", code: "BAD_ANSWER", hint: /proxy|Google Cloud/ },
  {
    name: "a redirect",
    fault: { status: 302, headers: { location: "https://login.example.com/", "metadata-flavor": "Google" } },
    code: "BAD_ANSWER",
    hint: /./,
  },
  { name: "an answer cut in the middle", fault: "cut", code: "UNAVAILABLE", retryable: true, hint: /./ },
  { name: "a dropped connection", fault: "drop", code: "UNAVAILABLE", retryable: true, hint: /./ },
  { name: "10 MB", fault: huge, code: "BAD_ANSWER", message: /larger than 1 MiB/, hint: /./ },
  {
    name: "no token",
    fault: { status: 200, body: {}, headers: { "metadata-flavor": "Google" } },
    code: "BAD_ANSWER",
    hint: /endpoints/,
  },
  {
    name: "a token with a line feed",
    fault: {
      status: 200,
      body: { access_token: "a\nb", expires_in: 5, accessToken: "a\nb", expireTime: "2030-01-01T00:00:00Z" },
      headers: { "metadata-flavor": "Google" },
    },
    code: "BAD_ANSWER",
    message: /line feed/,
    hint: /./,
  },
  {
    name: "a token without a life",
    fault: {
      status: 200,
      body: { access_token: "a", expires_in: 0, accessToken: "a", expireTime: "tomorrow" },
      headers: { "metadata-flavor": "Google" },
    },
    code: "BAD_ANSWER",
    hint: /./,
  },
  {
    name: "a gateway's page",
    fault: { status: 502, body: "<html>Bad Gateway</html>", headers: { "content-type": "text/html" } },
    code: "UNAVAILABLE",
    retryable: true,
    hint: /./,
  },
  {
    name: "an empty 408",
    fault: { status: 408, headers: { "metadata-flavor": "Google" } },
    code: "UNAVAILABLE",
    retryable: true,
    hint: /down/,
  },
];

const faults = gcpFaults;
const oauth: readonly Row[] = [
  { name: "a wrong signature", fault: faults.badSignature, code: "DENIED", hint: /new key/ },
  { name: "a clock that is off", fault: faults.clock, code: "DENIED", message: /short-lived/, hint: /clock/ },
  { name: "a deleted account", fault: faults.accountGone, code: "DENIED", hint: /deleted/ },
  { name: "a dead refresh token", fault: faults.refreshRevoked, code: "DENIED", hint: /application-default login/ },
  {
    name: "a person asked for again",
    fault: faults.reauth,
    code: "DENIED",
    message: /invalid_rapt/,
    hint: /wants the person/,
  },
  { name: "no delegation", fault: faults.noDelegation, code: "DENIED", hint: /Workspace admin/ },
  { name: "an unknown scope", fault: faults.badScope, code: "INVALID", hint: /scopes/ },
  { name: "a deleted client", fault: faults.badClient, code: "DENIED", hint: /client is gone/ },
  { name: "a policy", fault: faults.policy, code: "DENIED", hint: /policy/ },
  {
    name: "an internal failure",
    fault: faults.internalFailure,
    code: "UNAVAILABLE",
    retryable: true,
    hint: /status\.cloud/,
  },
  {
    name: "an outage told with 400",
    fault: faults.unavailableOAuth,
    code: "UNAVAILABLE",
    retryable: true,
    hint: /down/,
  },
  { name: "a missing pool", fault: faults.poolGone, code: "NOT_FOUND", hint: /source\.audience/ },
  { name: "a malformed audience", fault: faults.badAudience, code: "INVALID", hint: /workloadIdentityPools/ },
  {
    name: "an identity for somebody else",
    fault: faults.wrongIdentityAudience,
    code: "DENIED",
    hint: /audience that the pool/,
  },
  { name: "a stale identity", fault: faults.staleIdentity, code: "DENIED", hint: /clock/ },
  { name: "an attribute condition", fault: faults.condition, code: "DENIED", hint: /attribute condition/ },
  {
    name: "an unknown error",
    fault: { status: 400, body: { error: "new_error" } },
    code: "INVALID",
    message: /new_error/,
    hint: /documentation/,
  },
  {
    name: "an error with status 200",
    fault: { status: 200, body: { error: "invalid_grant", error_description: "Invalid JWT Signature." } },
    code: "DENIED",
    hint: /new key/,
  },
  { name: "an empty 403", fault: { status: 403 }, code: "DENIED", hint: /endpoint/ },
];

const iam: readonly Row[] = [
  { name: "no permission", fault: faults.permissionDenied, code: "DENIED", hint: /serviceAccountTokenCreator/ },
  { name: "an API that is off", fault: faults.apiDisabled, code: "DENIED", hint: /gcloud services enable/ },
  { name: "a source without the scope", fault: faults.narrowScope, code: "DENIED", hint: /cloud-platform/ },
  { name: "a refused source", fault: faults.unauthenticated, code: "DENIED", hint: /source/ },
  {
    name: "too long a life",
    fault: faults.tooLong,
    code: "INVALID",
    hint: /allowServiceAccountCredentialLifetimeExtension/,
  },
  { name: "a quota", fault: faults.exhausted, code: "RATE_LIMITED", retryable: true, hint: /quota/ },
  { name: "an outage", fault: faults.unavailable, code: "UNAVAILABLE", retryable: true, hint: /down/ },
  { name: "an internal error", fault: faults.internal, code: "UNAVAILABLE", retryable: true, hint: /down/ },
  {
    name: "an error with status 200",
    fault: { status: 200, body: { error: { code: 403, message: "no", status: "PERMISSION_DENIED" } } },
    code: "DENIED",
    hint: /TokenCreator/,
  },
];

const machine: readonly Row[] = [
  { name: "another service at its address", fault: faults.noFlavor, code: "BAD_ANSWER", hint: /GCE_METADATA_HOST/ },
  { name: "too many questions", fault: faults.metadataBusy, code: "RATE_LIMITED", retryable: true, hint: /quota/ },
  { name: "an outage", fault: faults.metadataDown, code: "UNAVAILABLE", retryable: true, hint: /down/ },
  {
    name: "a refusal",
    fault: { status: 403, body: "<html>", headers: { "metadata-flavor": "Google" } },
    code: "DENIED",
    hint: /X-Forwarded-For/,
  },
];

function details({ code, retryable, message = /./, hint }: Row) {
  return {
    code,
    retryable: retryable === true,
    message: expect.stringMatching(message),
    hint: expect.stringMatching(hint),
  };
}

test.each([...anywhere, ...oauth])("the token endpoint answering with $name is $code", async (row) => {
  const { gcp, mint } = await cloud();
  gcp.faults.next("POST /token", row.fault);
  expect(await errorOf(mint(keyOf(gcp)))).toMatchObject(details(row));
});

test.each([...anywhere, ...iam])("impersonation that meets $name is $code", async (row) => {
  const { gcp, mint } = await cloud();
  gcp.faults.next(`POST /v1/projects/-/serviceAccounts/${target}:generateAccessToken`, row.fault);
  const outcome = mint({ method: "metadata" }, { options: { impersonate: { account: target } } });
  expect(await errorOf(outcome)).toMatchObject(details(row));
});

test.each([...anywhere, ...machine])("the metadata server answering with $name is $code", async (row) => {
  const { gcp, mint } = await cloud();
  gcp.faults.next("GET /computeMetadata/v1/instance/service-accounts/default/token", row.fault);
  expect(await errorOf(mint({ method: "metadata" }))).toMatchObject({
    ...details(row),
    hint: expect.stringMatching(/./),
  });
});

test("Retry-After is passed on", async () => {
  const { gcp, mint } = await cloud();
  gcp.faults.next(`POST /v1/projects/-/serviceAccounts/${target}:generateAccessToken`, faults.exhausted);
  const outcome = mint({ method: "metadata" }, { options: { impersonate: { account: target } } });
  expect((await errorOf(outcome)).retryAfter).toBe(7000);
});

test.each([
  [300_000, "300 s ahead of"],
  [-7_200_000, "7200 s behind"],
])("a clock that is off by %i ms is refused, and measured", async (off, hint) => {
  const { gcp, mint, clock } = await cloud();
  expect(await errorOf(mint(keyOf(gcp), { now: () => clock.now() + off }))).toMatchObject({
    code: "DENIED",
    retryable: false,
    hint: expect.stringContaining(hint),
  });
});

test.each([
  ["cut in the middle", (key: string) => key.slice(0, 400), "is cut off|cut off"],
  ["whose private key is cut", (key: string) => key.replace(/-----END[^"]*/, ""), "cut off: its last line"],
  ["of a person", (key: string) => key.replace("service_account", "authorized_user"), "type authorized_user"],
  ["of a pool", (key: string) => key.replace("service_account", "external_account"), "type external_account"],
  ["without an email", (key: string) => key.replace("client_email", "x"), "without client_email"],
  ["that is a path", () => "/etc/key.json", "no JSON file"],
  ["that is null", () => "null", "no JSON file"],
])("a key file %s says so, and asks nobody", async (_case, change, message) => {
  const { gcp, mint } = await cloud();
  const text = gcp.keyFile(app);
  const error = await errorOf(mint({ method: "service-account", key: secretRef(change(text)) }));
  expect(error).toMatchObject({ code: "INVALID", retryable: false, hint: expect.stringMatching(/./) });
  expect(error.message).toMatch(new RegExp(message));
  expect(`${error.message} ${error.hint}`).not.toContain(text.slice(300, 330));
  expect(gcp.requests).toHaveLength(0);
});

test("a key of a host without TLS is not shown to it", async () => {
  const { gcp, mint } = await cloud();
  const key = gcp.keyFile(app).replace(/http:\/\/127[^"]*/, "http://oauth2.example.com/token");
  const error = await errorOf(mint({ method: "service-account", key: secretRef(key) }, { options: { endpoints: {} } }));
  expect(error.message).toContain("in the clear");
});

test.each([
  [
    "an identity made for another audience",
    async (sign: Sign) => sign("https://other"),
    "DENIED",
    /audience that the pool/,
  ],
  ["an identity that has expired", async (sign: Sign) => sign(`https:${pool}`, -600_000), "DENIED", /clock/],
  ["a text that is no identity", async () => "not-a-jwt", "DENIED", /issuer, audience/],
])("the exchange refuses %s", async (_case, tokenBy, code, hint) => {
  const { github, mint } = await federatedCloud();
  const token = secretRef(await tokenBy(github.sign));
  expect(await errorOf(mint(federated({ from: "reference", token })))).toMatchObject({
    code,
    hint: expect.stringMatching(hint),
  });
});

type Sign = (audience: string, life?: number) => Promise<string>;

test("a pool that is disabled, or an identity its condition refuses, is named as such", async () => {
  for (const [options, code] of [
    [{ disabled: true }, "NOT_FOUND"],
    [{ subjects: ["repo:acme/other"] }, "DENIED"],
  ] as const) {
    const { github, mint } = await federatedCloud(options);
    const outcome = mint(federated({ from: "github-actions" }), { env: github.env });
    expect((await errorOf(outcome)).code).toBe(code);
  }
});

test.each([
  ["says no", `printf '{"version":1,"success":false,"code":"401","message":"log in first"}'`, "DENIED", /log in first/],
  ["fails", "echo broken >&2; exit 3", "FAILED", /exit 3.*broken/],
  ["prints no JSON", "echo hello", "BAD_ANSWER", /no JSON/],
  ["prints another version", `printf '{"version":2,"success":true}'`, "BAD_ANSWER", /version/],
  [
    "prints an old token",
    `printf '{"version":1,"success":true,"token_type":"urn:ietf:params:oauth:token-type:jwt","id_token":"x","expiration_time":1}'`,
    "BAD_ANSWER",
    /expired/,
  ],
])("an identity program that %s says so", async (_case, script, code, message) => {
  const { mint } = await cloud();
  const command = [await program(await temporaryDirectory(), script)];
  const error = await errorOf(mint(federated({ from: "executable", command })));
  expect(error).toMatchObject({ code, hint: expect.stringMatching(/./) });
  expect(error.message).toMatch(message);
});

test("an identity comes over TLS, from this machine, or from its cloud's metadata service", async () => {
  const { mint } = await cloud();
  const signal = AbortSignal.abort(new Error("stopped before anything is sent"));
  const ask = (url: string) => errorOf(mint(federated({ from: "url", url }), { signal }));
  expect(await ask("http://tokens.example.com/")).toMatchObject({
    code: "INVALID",
    hint: expect.stringContaining("https"),
  });
  for (const url of [
    "https://tokens.example.com/",
    "http://127.0.0.1:1/",
    "http://169.254.169.254/metadata/identity",
  ]) {
    expect((await ask(url)).message).toContain("stopped waiting for");
  }
});

test("outside of a GitHub job its identity cannot be asked for", async () => {
  const { mint } = await cloud();
  expect(await errorOf(mint(federated({ from: "github-actions" })))).toMatchObject({
    code: "INVALID",
    hint: expect.stringContaining("id-token: write"),
  });
});

test("where there is no metadata server, that is what it says", async () => {
  const { mint } = await cloud();
  const env = { GCE_METADATA_HOST: "127.0.0.1:1" };
  expect(await errorOf(mint({ method: "metadata" }, { env }))).toMatchObject({
    code: "UNAVAILABLE",
    retryable: true,
    noEffect: true,
    hint: expect.stringContaining("machine of Google Cloud"),
  });
});

test("an account that the machine does not have is not found", async () => {
  const { mint } = await cloud();
  expect(await errorOf(mint({ method: "metadata", account: target }))).toMatchObject({
    code: "NOT_FOUND",
    message: expect.stringContaining(target),
  });
});

test("a dead login says which", async () => {
  const { gcp, mint } = await cloud();
  gcp.revokeRefreshToken(person.email);
  expect(await errorOf(mint(userOf(gcp)))).toMatchObject({
    code: "DENIED",
    hint: expect.stringContaining("log in again"),
  });
});

test.each([
  ["a life without impersonation", { method: "metadata" }, {}, { ttl: 60_000 }, /impersonate/],
  [
    "a life of an identity token",
    { method: "metadata" },
    { impersonate: { account: target } },
    { ttl: 60_000, idToken: { audience: "x", includeEmail: false } },
    /one hour/,
  ],
  [
    "an identity token by gcloud",
    { method: "gcloud", command: "gcloud" },
    {},
    { idToken: { audience: "x", includeEmail: false } },
    /impersonate/,
  ],
  ["scopes of gcloud's login", { method: "gcloud", command: "gcloud" }, {}, { scopes: ["x"] }, /scopes out/],
])("what cannot be had is refused before anybody is asked: %s", async (_case, source, options, request, hint) => {
  const { gcp, mint } = await cloud();
  const error = await errorOf(mint(source, { options, request }));
  expect(error).toMatchObject({ code: "INVALID", retryable: false, hint: expect.stringMatching(hint) });
  expect(gcp.issued.filter(({ by }) => by === "impersonation")).toHaveLength(0);
});
