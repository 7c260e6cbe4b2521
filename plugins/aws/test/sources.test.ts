import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createAwsMetadataDouble, type AwsDouble } from "@rotate/doubles";
import { describe, expect, onTestFinished, test } from "vitest";
import { splitWords } from "../src/source/words.ts";
import {
  appRole,
  credentialOf,
  errorOf,
  fileWith,
  freshDirectory,
  hour,
  mint,
  revealed,
  start,
  type Setup,
  user,
} from "./support/call.ts";

const session = "arn:aws:sts::123456789012:assumed-role/app/";
const program = process.execPath;

/** A home with both shared files. */
function homeWith({ config = "", credentials = "" }: { readonly config?: string; readonly credentials?: string }) {
  const directory = freshDirectory();
  const env = {
    AWS_CONFIG_FILE: join(directory, "config"),
    AWS_SHARED_CREDENTIALS_FILE: join(directory, "credentials"),
  };
  writeFileSync(env.AWS_CONFIG_FILE, config);
  writeFileSync(env.AWS_SHARED_CREDENTIALS_FILE, credentials);
  return env;
}

function staticKey(profile: string): string {
  return `[${profile}]\naws_access_key_id = ${user.accessKeyId}\naws_secret_access_key=${user.secretAccessKey}\n`;
}

const byDefault = { credentials: { source: "default" } };
const environment = { AWS_ACCESS_KEY_ID: user.accessKeyId, AWS_SECRET_ACCESS_KEY: user.secretAccessKey };

/** Who the minted session is. */
async function whoIs(double: AwsDouble, setup: Omit<Setup, "double">): Promise<string | undefined> {
  return double.whoIs(credentialOf(await mint({ double, ...setup })));
}

describe("the default chain looks where the AWS SDKs look", () => {
  test("the environment, then the shared profile", async () => {
    const double = await start();
    expect(await whoIs(double, { env: environment, options: byDefault })).toContain(session);
    const env = homeWith({ credentials: staticKey("default") });
    expect(await whoIs(double, { env, options: byDefault })).toContain(session);
  });

  test("AWS_PROFILE goes before the key of the environment", async () => {
    const double = await start();
    const env = { ...homeWith({}), ...environment, AWS_PROFILE: "absent" };
    const error = await errorOf(mint({ double, env, options: byDefault }));
    expect(error).toMatchObject({ code: "NOT_FOUND", message: "there is no profile absent" });
  });

  test("region comes from the environment, or from the profile", async () => {
    const double = await start({ region: "eu-west-3" });
    const options = { ...byDefault, region: undefined };
    await mint({ double, env: { ...environment, AWS_REGION: "eu-west-3" }, options });
    const config = "[default]\nregion = eu-west-3\n";
    await mint({ double, env: homeWith({ config, credentials: staticKey("default") }), options });
    expect(double.mints).toHaveLength(2);
  });

  test("the endpoint of AWS_ENDPOINT_URL_STS", async () => {
    const double = await start();
    const options = { endpoints: undefined };
    await mint({ double, env: { AWS_ENDPOINT_URL_STS: double.url }, options });
    expect(double.mints).toHaveLength(1);
  });

  test("nothing anywhere is said with all the places", async () => {
    const double = await start();
    expect(await errorOf(mint({ double, options: byDefault }))).toMatchObject({
      code: "NOT_FOUND",
      hint: expect.stringMatching(/environment.*profile.*container.*instance/),
    });
  });

  test("half a key in the environment is a fault, not a reason to look on", async () => {
    const double = await start();
    const env = { AWS_ACCESS_KEY_ID: user.accessKeyId };
    const error = await errorOf(mint({ double, env, options: byDefault }));
    expect(error.message).toContain("AWS_SECRET_ACCESS_KEY is not set");
  });
});

function named(profile: string) {
  return { credentials: { source: "profile", profile } };
}

describe("a profile", () => {
  test("whose session token stands under its older name only, as botocore takes it", async () => {
    const double = await start();
    const { accessKeyId, secretAccessKey, sessionToken } = revealed(await mint({ double }));
    const credentials = `[old]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\naws_security_token = ${sessionToken}\n`;
    const env = homeWith({ credentials });
    expect(await whoIs(double, { env, options: named("old") })).toContain("assumed-role");
  });

  test("with a credential program, run without a shell and read anew at each mint", async () => {
    const double = await start();
    const document = { Version: 1, AccessKeyId: user.accessKeyId, SecretAccessKey: user.secretAccessKey };
    const path = fileWith("my credentials.json", JSON.stringify(document));
    const script = fileWith("print.js", "process.stdout.write(require('fs').readFileSync(process.argv[2]))");
    const config = `[profile tool]\ncredential_process = "${program}" ${script} '${path}'\n`;
    const setup = { double, env: homeWith({ config }), options: named("tool") };
    await mint(setup);
    writeFileSync(path, "not json");
    expect(await errorOf(mint(setup))).toMatchObject({ code: "BAD_ANSWER" });
    writeFileSync(script, "console.error('log in first'); process.exit(3)");
    expect(await errorOf(mint(setup))).toMatchObject({
      code: "FAILED",
      message: "the credential program failed (exit 3): log in first",
      hint: expect.stringMatching(/profile tool/),
    });
  });

  test("that takes a role from another profile, with external id and session name", async () => {
    const double = await start({
      roles: [
        { name: "base", externalId: "e1" },
        { name: "app", principals: ["arn:aws:sts::123456789012:assumed-role/base/*"] },
      ],
    });
    const config = `[profile base] # takes a role
role_arn = arn:aws:iam::123456789012:role/base
source_profile = keys ; of a user
external_id = e1
role_session_name = me
`;
    const env = homeWith({ config, credentials: staticKey("keys") });
    expect(await whoIs(double, { env, options: named("base") })).toContain(session);
    expect(double.mints[0]).toMatchObject({ arn: "arn:aws:sts::123456789012:assumed-role/base/me" });
  });

  test("that takes a role from the environment's key", async () => {
    const double = await start({ roles: [{ name: "base" }, { name: "app" }] });
    const role = "role_arn = arn:aws:iam::123456789012:role/base\n";
    const config = `[profile base]\n${role}credential_source = Environment\n[profile odd]\n${role}credential_source = env\n`;
    const env = { ...environment, ...homeWith({ config }) };
    expect(await whoIs(double, { env, options: named("base") })).toContain(session);
    expect((await errorOf(mint({ double, env, options: named("odd") }))).hint).toContain("Ec2InstanceMetadata");
  });

  test.each([
    ["that logs in by SSO", "sso_session = corp", /SSO/, /export-credentials --profile p/],
    [
      "that wants a second factor",
      `role_arn = ${appRole}\nsource_profile = q\nmfa_serial = m`,
      /second factor/,
      /tokenCode/,
    ],
    ["in a circle", `role_arn = ${appRole}\nsource_profile = q`, /from itself/, /circle/],
    ["with half of a key", "aws_access_key_id = AKIA", /half of a key/, /both/],
    ["without credentials", "region = eu-west-1", /no credentials in the profile/, /credential_process/],
    ["whose program line has an open quote", "credential_process = 'x", /quote that does not end/, /command line/],
  ])("%s is refused, and said why", async (_, lines, message, hint) => {
    const double = await start();
    const config = `[profile p]\n${lines}\n[profile q]\nrole_arn = ${appRole}\nsource_profile = p\n`;
    const error = await errorOf(mint({ double, env: homeWith({ config }), options: named("p") }));
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
    expect(double.requests).toEqual([]);
  });

  test("that is its own source, with a static key, takes its role by it", async () => {
    const double = await start({ roles: [{ name: "base" }, { name: "app" }] });
    const config = "[profile self]\nrole_arn = arn:aws:iam::123456789012:role/base\nsource_profile = self\n";
    const env = homeWith({ config, credentials: staticKey("self") });
    expect(await whoIs(double, { env, options: named("self") })).toContain(session);
  });
});

async function metadata() {
  const double = await start();
  const minted = credentialOf(await mint({ double }));
  let present = true;
  const service = await createAwsMetadataDouble({
    credentials: () => (present ? { ...minted, expiresAt: Date.now() + hour } : undefined),
  });
  onTestFinished(service.close);
  return { double, service, vanish: () => void (present = false) };
}

describe("a machine's own role", () => {
  test("of a container, its token read from a file, past any proxy", async () => {
    const { double, service } = await metadata();
    const env = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: service.containerUrl,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: fileWith("token", service.containerToken),
      AWS_CONTAINER_AUTHORIZATION_TOKEN: "the file counts",
      HTTP_PROXY: "http://127.0.0.1:1",
      NO_PROXY: new URL(double.url).host,
    };
    expect(await whoIs(double, { env, options: byDefault })).toContain(session);
  });

  test("of a container whose token is wrong, or whose endpoint is elsewhere", async () => {
    const { double, service } = await metadata();
    const env = { AWS_CONTAINER_CREDENTIALS_FULL_URI: service.containerUrl };
    expect(await errorOf(mint({ double, env, options: byDefault }))).toMatchObject({ code: "DENIED" });
    const away = { AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://example.com/creds" };
    expect(await errorOf(mint({ double, env: away, options: byDefault }))).toMatchObject({ code: "INVALID" });
  });

  test("of an instance, by version 2 of its metadata service", async () => {
    const { double, service, vanish } = await metadata();
    const env = { AWS_EC2_METADATA_SERVICE_ENDPOINT: service.url, AWS_EC2_METADATA_DISABLED: undefined };
    expect(await whoIs(double, { env, options: byDefault })).toContain(session);
    expect(service.requests.map(({ method }) => method)).toEqual(["PUT", "GET", "GET"]);
    vanish();
    const options = { credentials: { source: "instance" } };
    expect(await errorOf(mint({ double, env, options }))).toMatchObject({ code: "NOT_FOUND" });
  });

  test("of a machine that is no instance: nothing answers, and that is said", async () => {
    const double = await start();
    const env = { AWS_EC2_METADATA_SERVICE_ENDPOINT: "http://127.0.0.1:1", AWS_EC2_METADATA_DISABLED: "false" };
    const options = { credentials: { source: "instance" } };
    expect(await errorOf(mint({ double, env, options }))).toMatchObject({ code: "NOT_FOUND" });
  });
});

test.each([
  ["a b  c", ["a", "b", "c"]],
  ["'a b' \"c d\"", ["a b", "c d"]],
  [String.raw`a\ b "c\"d" "e\n"`, ["a b", 'c"d', String.raw`e\n`]],
  ["pre'mid dle'post", ["premid dlepost"]],
])("%s is these words", (line, words) => {
  expect(splitWords(line)).toEqual(words);
});
