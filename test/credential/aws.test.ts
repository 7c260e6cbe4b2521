import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { createAwsDouble, type AwsDouble } from "@rotate/doubles";
import { expect, onTestFinished, test } from "vitest";
import { ask, entry, folderWith } from "./support.ts";

const run = promisify(execFile);
const installed = await run("aws", ["--version"]).then(
  () => true,
  () => false,
);
const reason = installed ? "" : " (skipped: the aws command is not installed)";
const user = { name: "ci", accessKeyId: "AKIAEXAMPLECI0000000", secretAccessKey: "a-secret-of-the-user" };

async function scene(): Promise<{ readonly double: AwsDouble; readonly folder: string; readonly spec: string }> {
  const double = await createAwsDouble({ users: [user], roles: [{ name: "app" }] });
  onTestFinished(double.close);
  const folder = folderWith({
    secret: user.secretAccessKey,
    "rotate.yaml": `version: 1
name: aws
providers:
  aws:
    type: aws-sts
    region: us-east-1
    endpoints: { sts: ${double.url} }
    credentials: { source: keys, accessKeyId: ${user.accessKeyId}, secretAccessKey: { file: secret } }
rotations:
  app:
    provider: aws
    request: { roleArn: "arn:aws:iam::123456789012:role/app", ttl: 1h }
    cache: true
    sinks: [{ type: env, values: { AWS_ACCESS_KEY_ID: "{{ accessKeyId }}", AWS_REGION: "{{ region }}" } }]
`,
  });
  return { double, folder, spec: join(folder, "rotate.yaml") };
}

test("the words of credential_process, with 20 minutes left or more", async () => {
  const { folder } = await scene();
  const { stdout } = await ask(folder, ["app", "--format", "aws-credential-process"]);
  const document = JSON.parse(stdout) as { readonly Expiration: string };
  expect(document).toMatchObject({
    Version: 1,
    AccessKeyId: expect.stringMatching(/^ASIA/),
    SecretAccessKey: expect.any(String),
    SessionToken: expect.any(String),
    Expiration: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    AccountId: "123456789012",
  });
  expect(Date.parse(document.Expiration) - Date.now()).toBeGreaterThan(20 * 60_000);
});

test("without names of its own, env has both region variables and no expiration", async () => {
  const { folder, spec, double } = await scene();
  const text = readFileSync(spec, "utf8");
  writeFileSync(
    spec,
    text.replace(/sinks: .*/, "sinks: [{ type: file, path: out, values: { content: '{{ arn }}' } }]"),
  );
  const { stdout } = await ask(folder, ["app", "--format", "env"]);
  const names = stdout.split("\n").flatMap((line) => line.split("=")[0] || []);
  expect(names.toSorted()).toEqual([
    "AWS_ACCESS_KEY_ID",
    "AWS_ACCOUNT_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
  ]);
  expect(double.mints).toHaveLength(1);
});

test.skipIf(!installed)(`the AWS command line asks us, each time, and one session serves${reason}`, async () => {
  const { double, folder, spec } = await scene();
  const command = `${process.execPath} ${entry} credential app -f ${spec} --state-dir ${folder}/state --format aws-credential-process`;
  writeFileSync(join(folder, "config"), `[profile app]\nregion = us-east-1\ncredential_process = ${command}\n`);
  const env = { PATH: process.env["PATH"], HOME: folder, AWS_CONFIG_FILE: join(folder, "config") };
  const argv = ["--profile", "app", "--endpoint-url", double.url, "sts", "get-caller-identity"];
  for (let times = 0; times < 2; times += 1) {
    expect((await run("aws", argv, { env })).stdout).toContain("assumed-role/app/");
  }
  expect(double.mints).toHaveLength(1);
});
