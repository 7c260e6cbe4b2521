/** The vendors' libraries for Python as witnesses: what they do with a double, they do with the system itself. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  createAwsDouble,
  createAwsMetadataDouble,
  createAzureDouble,
  createCertificateAuthority,
  createGcpDouble,
  createLakebaseGateway,
  postgresUnavailable,
  pythonProgram,
  skippedWithout,
  startPostgres,
} from "@rotate/doubles";
import { describe, expect, onTestFinished, test } from "vitest";
import { createTokens } from "../support/tokens.ts";

const python = pythonProgram("python3");
const why = skippedWithout(python, "what PyPI has of them");

interface Run {
  readonly program: string;
  /** By variable: the contents of a file, whose path the variable gets. */
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** What a program printed, as JSON. Rejects with its complaint. */
async function run({ program, files = {}, env = {} }: Run): Promise<unknown> {
  const directory = await mkdtemp(join(tmpdir(), "rotate-python-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const paths: Record<string, string> = {};
  for (const [name, content] of Object.entries(files)) {
    paths[name] = join(directory, name);
    await writeFile(paths[name], content, { mode: 0o600 });
  }
  const own = { PATH: process.env["PATH"], HOME: directory, NO_PROXY: "*", ...env, ...paths };
  const { stdout } = await promisify(execFile)(python ?? "", ["-c", program], { env: own });
  return JSON.parse(stdout);
}

describe.skipIf(python === undefined)(`a library for Python${why}`, () => {
  test("google-auth gets a token of the machine, of a key, and reads why a deleted key is refused", async () => {
    const double = await createGcpDouble();
    onTestFinished(double.close);
    const app = "app@acme.iam.gserviceaccount.com";
    // The library asks Google's own host, which the key's file names.
    const key = JSON.stringify({ ...JSON.parse(double.keyFile(app)), token_uri: `${double.url}/token` });
    const program = `
import json, os, google.auth
from google.auth.transport.requests import Request
credentials, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
try:
    credentials.refresh(Request())
    print(json.dumps(credentials.token))
except google.auth.exceptions.RefreshError as error:
    print(json.dumps(str(error)))
`;
    const machine = { GCE_METADATA_HOST: double.env.GCE_METADATA_HOST, GCE_METADATA_IP: double.env.GCE_METADATA_HOST };
    const ofMachine = await run({ program, env: machine });
    expect(double.inspect(String(ofMachine))).toMatchObject({ principal: app, by: "metadata" });
    const byKey = { program, files: { GOOGLE_APPLICATION_CREDENTIALS: key } };
    expect(double.inspect(String(await run(byKey)))).toMatchObject({ principal: app, by: "key" });
    double.deleteKey(app);
    expect(await run(byKey)).toContain("Invalid JWT Signature");
  });

  test("azure-identity gets a token by a secret, and reads why a wrong one is refused", async () => {
    const authority = createCertificateAuthority();
    const clientId = "22222222-2222-4222-8222-222222222222";
    const double = await createAzureDouble({
      tls: authority.issue({ hosts: ["127.0.0.1"] }),
      apps: [{ clientId, secrets: { "abc8Q~secret-of-the-app": undefined } }],
    });
    onTestFinished(double.close);
    const program = `
import json, os
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientSecretCredential
credential = ClientSecretCredential(os.environ["TENANT"], os.environ["CLIENT"], os.environ["SECRET"],
    authority=os.environ["AUTHORITY"], disable_instance_discovery=True)
try:
    print(json.dumps(credential.get_token("https://ossrdbms-aad.database.windows.net/.default").token))
except ClientAuthenticationError as error:
    print(json.dumps(str(error)))
`;
    const env = { TENANT: double.tenantId, CLIENT: clientId, AUTHORITY: double.url };
    const files = { REQUESTS_CA_BUNDLE: authority.ca };
    const token = await run({ program, files, env: { ...env, SECRET: "abc8Q~secret-of-the-app" } });
    expect(await double.verify(String(token))).toMatchObject({ appid: clientId });
    expect(await run({ program, files, env: { ...env, SECRET: "wrong" } })).toContain("AADSTS7000215");
  });

  test("boto3 assumes a role, works as it, and reads why it may not", async () => {
    const key = { accessKeyId: "AKIAEXAMPLEDEPLOYER0", secretAccessKey: "secret" };
    const double = await createAwsDouble({ users: [{ name: "deployer", ...key }], roles: [{ name: "app" }] });
    onTestFinished(double.close);
    const program = `
import json, os, boto3, botocore
def sts(**by): return boto3.client("sts", endpoint_url=os.environ["ENDPOINT"], region_name="us-east-1", **by)
def assume(role): return sts().assume_role(RoleArn="arn:aws:iam::123456789012:role/" + role, RoleSessionName="job")
found = assume("app")["Credentials"]
me = sts(aws_access_key_id=found["AccessKeyId"], aws_secret_access_key=found["SecretAccessKey"], aws_session_token=found["SessionToken"])
try:
    assume("gone")
except botocore.exceptions.ClientError as error:
    print(json.dumps([me.get_caller_identity()["Arn"], error.response["Error"]["Code"]]))
`;
    const env = {
      AWS_ACCESS_KEY_ID: key.accessKeyId,
      AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
      ENDPOINT: double.url,
    };
    expect(await run({ program, env })).toEqual(["arn:aws:sts::123456789012:assumed-role/app/job", "AccessDenied"]);
  });

  test("boto3 finds the credentials of its machine and of its container, and none where there is no role", async () => {
    const given = { accessKeyId: "ASIAEXAMPLE", secretAccessKey: "secret", sessionToken: "session" };
    let role: typeof given | undefined = given;
    const expiresAt = Date.now() + 3_600_000;
    const double = await createAwsMetadataDouble({ credentials: () => role && { ...role, expiresAt } });
    onTestFinished(double.close);
    const program = `
import json, botocore.session
found = botocore.session.Session().get_credentials()
print(json.dumps(found and [found.method, *found.get_frozen_credentials()[:3]]))
`;
    const machine = { AWS_EC2_METADATA_SERVICE_ENDPOINT: double.url };
    const container = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: double.containerUrl,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: double.containerToken,
    };
    const keys = Object.values(given);
    expect(await run({ program, env: machine })).toEqual(["iam-role", ...keys]);
    expect(await run({ program, env: container })).toEqual(["container-role", ...keys]);
    role = undefined;
    expect(await run({ program, env: machine })).toBeNull();
  });

  test.skipIf(postgresUnavailable())("psycopg logs in at the Lakebase gateway, and reads why it may not", async () => {
    const postgres = await startPostgres();
    onTestFinished(postgres.close);
    const tokens = await createTokens(Date.now);
    const gateway = await createLakebaseGateway({ postgres, verify: tokens.verify });
    onTestFinished(gateway.close);
    await gateway.createRole("ann@example.com");
    const program = `
import json, os, psycopg
def who():
    with psycopg.connect(host="localhost", hostaddr="127.0.0.1", user="ann@example.com", dbname="postgres", sslmode="verify-ca") as connection:
        return connection.execute("select current_user").fetchone()[0]
me = who()
os.environ["PGPASSWORD"] = os.environ["OLD"]
try:
    who()
except psycopg.OperationalError as error:
    print(json.dumps([me, str(error)]))
`;
    const [now, old] = [await tokens.mint("ann@example.com"), await tokens.mint("ann@example.com", -60)];
    const env = { PGPORT: String(gateway.port), PGPASSWORD: now, OLD: old };
    expect(await run({ program, files: { PGSSLROOTCERT: gateway.ca }, env })).toEqual([
      "ann@example.com",
      expect.stringContaining("External authorization failed"),
    ]);
  });
});
