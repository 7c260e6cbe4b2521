import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { AwsDouble } from "@rotate/doubles";
import { expect, test } from "vitest";
import { deleteUserKey, keyFile, source, startAccount, userKey } from "./aws.ts";
import {
  expectFresh,
  expectQuiet,
  expectRefused,
  expectRotated,
  formerLeases,
  isMissing,
  layOut,
  type Stage,
} from "./support.ts";

const spec = ({ url }: AwsDouble): string => `version: 1
name: aws-sts-e2e
providers:
  aws: { type: aws-sts, region: us-east-1, endpoints: { sts: "${url}" }, ${source} }
rotations:
  app:
    provider: aws
    request: { roleArn: "arn:aws:iam::123456789012:role/app", ttl: 1h }
    sinks:
      - type: aws-credentials
        path: credentials
        profile: app
        values:
          aws_access_key_id: "{{ accessKeyId }}"
          aws_secret_access_key: "{{ secretAccessKey }}"
          aws_session_token: "{{ sessionToken }}"
`;

/** Asks the account who the profile is, by Amazon's own client. */
async function whoAmI({ directory, env }: Stage, { url }: AwsDouble): Promise<string> {
  const own = { ...env, AWS_SHARED_CREDENTIALS_FILE: join(directory, "credentials"), AWS_DEFAULT_REGION: "us-east-1" };
  const argv = ["--profile", "app", "--endpoint-url", url, "sts", "get-caller-identity", "--query", "Arn"];
  return JSON.parse((await promisify(execFile)("aws", argv, { env: own })).stdout);
}

async function secretsIn(stage: Stage): Promise<readonly string[]> {
  const file = await stage.file("credentials");
  return [...file.matchAll(/^aws_(?:secret_access_key|session_token) = (.+)$/gm)].map(([, text = ""]) => text);
}

const missing = isMissing("aws", "--version");

test.skipIf(missing)(
  `the AWS command line works as the role, with what stands in its profile (${missing ? "not installed" : "the real one"})`,
  async () => {
    const account = await startAccount();
    const stage = await layOut({ spec: spec(account), files: { "user-key.ini": keyFile } });
    const minted = () => account.mints.length;

    await expectRotated(stage);
    const first = await secretsIn(stage);
    await expectFresh(stage, minted);
    await expectRotated(stage, "--force");
    expect(await whoAmI(stage, account)).toMatch(/:assumed-role\/app\/rotate-/);
    expect(minted()).toBe(2);
    expect(await formerLeases(stage)).toEqual(["expires only"]);

    deleteUserKey(account);
    await expectRefused(stage, { why: "InvalidClientTokenId", todo: "key", sinks: ["credentials"] });
    const secrets = [userKey, ...first, ...(await secretsIn(stage))];
    expect(secrets).toHaveLength(5);
    await expectQuiet(stage, secrets, ["credentials", "user-key.ini"]);
  },
);
