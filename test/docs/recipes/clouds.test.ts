/** Recipes whose consumers call a cloud or an API. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  answering,
  type AwsCredentialTexts,
  createAwsDouble,
  createGcpDouble,
  createGithubOidcDouble,
  createOAuth2Double,
} from "@rotate/doubles";
import { parse } from "dotenv";
import { expect, onTestFinished, test } from "vitest";
import { isMissing, layOut, startApi } from "../../e2e/providers/support.ts";
import { root } from "../../support/workspace.ts";
import { blockOf, expectRotated, readByJava, recipe, startSite, startUnit } from "./recipe.ts";

test("Next.js finds a token that the API takes in .env.production.local, after a restart", async () => {
  const client = { method: "client_secret_basic", secret: "of-the-client", grants: ["client_credentials"] } as const;
  const server = await createOAuth2Double({ clients: { web: { ...client, scopes: ["invoices.read"] } } });
  onTestFinished(server.close);
  const api = await startApi(server.accepts);
  const { systemd, env } = await startUnit("web.service");
  const site = await startSite(() => (systemd.unit("web.service")?.invocation ?? 0) > 1);
  const spec = recipe("nextjs.md", {
    "https://idp.example.com/realms/app": server.issuer,
    "/etc/rotate/": "",
    "/srv/web/": "",
    "https://api.example.com": api.url,
    "http://127.0.0.1:3000": site.url,
  });
  const files = { "idp-client-secret": "of-the-client\n", ".env.production.local": "# mine\nSITE_NAME='Shop'\n" };
  const stage = await layOut({ spec, env, files });
  await expectRotated(stage, "api-token");
  const { API_TOKEN = "", SITE_NAME } = parse(await stage.file(".env.production.local"));
  expect(SITE_NAME).toBe("Shop");
  const answer = await fetch(api.url, { headers: { authorization: `Bearer ${API_TOKEN}` } });
  expect(answer.status).toBe(200);
});

const state = { version: 4, terraform_version: "1.0.0", serial: 1, lineage: "infra", outputs: {}, resources: [] };
const object = { kind: "storage#object", bucket: "acme-terraform", name: "infra/default.tfstate", generation: "1" };

/** Cloud Storage as far as one bucket with one state goes. */
async function startStorage() {
  const authorizations = new Set<string>();
  const { url: storage, close } = await answering(({ url = "", headers }, response) => {
    authorizations.add(headers.authorization ?? "none");
    const isList = /\/b\/acme-terraform\/o\?/.test(url);
    response.writeHead(200, { "content-type": "application/json", "x-goog-generation": "1" });
    response.end(JSON.stringify(isList ? { kind: "storage#objects", items: [object] } : state));
  });
  onTestFinished(close);
  return { url: storage, authorizations };
}

test("Terraform's gcs backend shows the token that rotate exec gave it", async (context) => {
  const [builder, terraform] = ["builder@acme.iam.gserviceaccount.com", "terraform@acme.iam.gserviceaccount.com"];
  const google = await createGcpDouble({ accounts: [builder, terraform], mayActAs: { [terraform]: [builder] } });
  onTestFinished(google.close);
  const storage = await startStorage();
  const impersonate = `    impersonate: { account: ${terraform} }`;
  const spec = recipe("terraform-gcp.md", {
    [impersonate]: `${impersonate}\n    endpoints: { iamCredentials: "${google.url}" }`,
  });
  const own = {
    CHECKPOINT_DISABLE: "1",
    TF_IN_AUTOMATION: "1",
    GOOGLE_BACKEND_STORAGE_CUSTOM_ENDPOINT: `${storage.url}/storage/v1/`,
  };
  const files = { "main.tf": blockOf("recipes/terraform-gcp.md", "hcl", 'backend "gcs"') };
  const stage = await layOut({ spec, env: { ...google.env, ...own }, files });

  const print = ["sh", "-c", 'printf "%s" "$GOOGLE_OAUTH_ACCESS_TOKEN"'];
  const shell = await stage.rotate("exec", "terraform", "--min-remaining", "45m", "--", ...print);
  expect(google.inspect(shell.stdout)).toMatchObject({ principal: terraform, by: "impersonation" });

  if (isMissing("terraform", "version")) return context.skip("terraform is not installed");
  const ended = await stage.rotate(
    "exec",
    "terraform",
    "--min-remaining",
    "45m",
    "--",
    "terraform",
    "init",
    "-no-color",
  );
  expect(`${ended.code}: ${ended.stdout}${ended.stderr}`).toMatch(/^0: [^]*Successfully configured the backend "gcs"/);
  const [authorization = "", ...others] = storage.authorizations;
  expect(others).toEqual([]);
  expect(google.inspect(authorization.replace("Bearer ", ""))?.principal).toBe(terraform);

  google.forbid(terraform);
  const refused = await stage.rotate(
    "exec",
    "terraform",
    "--min-remaining",
    "45m",
    "--state-dir",
    "another",
    "--",
    "terraform",
    "version",
  );
  expect(refused).toMatchObject({
    code: 125,
    stdout: "",
    stderr: expect.stringContaining("iam.serviceAccountTokenCreator"),
  });
});

/** What the runner makes of a step's file: `NAME<<MARK`, lines, `MARK`; anything else is an error. */
function readByRunner(text: string): Readonly<Record<string, string>> {
  const found = new Map<string, string>();
  const lines = text.split("\n");
  expect(lines.pop()).toBe("");
  while (lines.length > 0) {
    const [, name = "", mark] = /^([A-Z_]+)<<(\S+)$/.exec(lines.shift() ?? "") ?? [];
    const end = lines.indexOf(mark ?? "");
    expect(end).toBeGreaterThan(0);
    found.set(
      name,
      lines
        .splice(0, end + 1)
        .slice(0, -1)
        .join("\n"),
    );
  }
  return Object.fromEntries(found);
}

test("a later step of a GitHub Actions job has the role's keys, all of them masked", async () => {
  const github = await createGithubOidcDouble();
  onTestFinished(github.close);
  const [issuer, audience] = [github.issuer, "sts.amazonaws.com"];
  const account = await createAwsDouble({
    region: "eu-central-1",
    identityProviders: [{ issuer, audiences: [audience], key: github.key }],
    roles: [{ name: "deploy", web: { issuer, audience, subject: github.subject } }],
  });
  onTestFinished(account.close);
  const runner = mkdtempSync(join(tmpdir(), "rotate-runner-"));
  onTestFinished(() => rmSync(runner, { recursive: true, force: true }));
  const [GITHUB_ENV, GITHUB_OUTPUT] = [join(runner, "env"), join(runner, "output")];
  for (const file of [GITHUB_ENV, GITHUB_OUTPUT]) writeFileSync(file, "");
  const job = { GITHUB_ACTIONS: "true", GITHUB_ENV, GITHUB_OUTPUT };
  const env = { ...github.env, ...job, AWS_ENDPOINT_URL_STS: account.url };
  const stage = await layOut({ spec: recipe("github-actions.md", {}), env });
  await expectRotated(stage, "deploy");
  const { AWS_REGION, AWS_DEFAULT_REGION, ...keys } = readByRunner(readFileSync(GITHUB_ENV, "utf8"));
  expect([AWS_REGION, AWS_DEFAULT_REGION]).toEqual(["eu-central-1", "eu-central-1"]);
  const { AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "", AWS_SESSION_TOKEN = "" } = keys;
  const credential = {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    sessionToken: AWS_SESSION_TOKEN,
  };
  expect(account.whoIs(credential)).toContain(":assumed-role/deploy/rotate-");
  const said = stage.said.join("\n").split("\n");
  expect(said).toEqual(
    expect.arrayContaining([`::add-mask::${AWS_SECRET_ACCESS_KEY}`, `::add-mask::${AWS_SESSION_TOKEN}`]),
  );
  expect(said.filter((line) => !line.startsWith("::add-mask::")).join("\n")).not.toContain(AWS_SECRET_ACCESS_KEY);
});

test("an old Java program has a session of its role in its properties file, and in its profile", async (context) => {
  const [accessKeyId, secretAccessKey] = ["AKIAEXAMPLEROTATE000", "the-secret-key-of-rotates-own-user-000"];
  const account = await createAwsDouble({
    region: "eu-central-1",
    users: [{ name: "rotate", accessKeyId, secretAccessKey }],
    roles: [{ name: "billing", maxSessionDuration: 6 * 3_600_000 }],
  });
  onTestFinished(account.close);
  const { systemd, env } = await startUnit("billing.service");
  const spec = recipe("aws-legacy-java.md", { "/etc/rotate/": "", "/opt/billing/.aws/": "", "/opt/billing/": "" });
  const files = {
    "aws-credentials": `[rotate]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`,
    "aws.properties": "# ours\nbucket=acme-billing\n",
  };
  const stage = await layOut({ spec, env: { ...env, AWS_ENDPOINT_URL_STS: account.url }, files });
  await expectRotated(stage, "billing-aws");
  expect(systemd.unit("billing.service")?.invocation).toBe(2);
  const session = /:assumed-role\/billing\/rotate-/;

  expect(account.whoIs(readBySdk(join(stage.directory, "credentials")))).toMatch(session);

  const read = readByJava("properties", join(stage.directory, "aws.properties"));
  if (read === undefined) return context.skip("no Java is installed");
  const { accessKey = "", secretKey = "", sessionToken = "", bucket } = read;
  expect(bucket).toBe("acme-billing");
  expect(account.whoIs({ accessKeyId: accessKey, secretAccessKey: secretKey, sessionToken })).toMatch(session);
});

/** The default profile, by the reader of the SDK for JavaScript: in a process of its own, since this one resolves packages in a way that it is not made for. */
function readBySdk(filepath: string): AwsCredentialTexts {
  const program = `require("@smithy/shared-ini-file-loader")
    .parseKnownFiles({ filepath: process.argv[1], configFilepath: "/nonexistent" })
    .then(({ default: found }) => console.log(JSON.stringify(found)))`;
  const { stdout } = spawnSync(process.execPath, ["-e", program, filepath], { cwd: root, encoding: "utf8" });
  const found = JSON.parse(stdout);
  return {
    accessKeyId: found.aws_access_key_id,
    secretAccessKey: found.aws_secret_access_key,
    sessionToken: found.aws_session_token,
  };
}
