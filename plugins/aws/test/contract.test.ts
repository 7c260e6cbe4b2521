import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, existsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAwsDouble } from "@rotate/doubles";
import { envRef, providerContract, sinkContract } from "@rotate/testkit";
import { describe, test } from "vitest";
import { awsCredentials } from "../src/aws-credentials.ts";
import { awsEcr } from "../src/aws-ecr.ts";
import { awsRdsIam } from "../src/aws-rds-iam.ts";
import { awsSts } from "../src/aws-sts.ts";
import { readIni } from "../src/ini/edit.ts";
import { account, appRole, user } from "./support/call.ts";

async function stage(request: object) {
  const double = await createAwsDouble(account);
  const env: Record<string, string | undefined> = { SECRET: user.secretAccessKey };
  const credentials = { source: "keys", accessKeyId: user.accessKeyId, secretAccessKey: envRef("SECRET") };
  const options = { region: "us-east-1", endpoints: { sts: double.url, ecr: double.url }, credentials };
  return { double, options, env, request: { ...request }, secrets: [user.secretAccessKey], close: double.close };
}
type Stage = Awaited<ReturnType<typeof stage>>;

function refuse({ double }: Stage): void {
  double.deleteKey(user.accessKeyId);
}
function hang({ double }: Stage): void {
  double.faults.always("POST /", "hang");
}

providerContract(
  { describe, test },
  {
    provider: awsSts,
    start: () => stage({ roleArn: appRole, ttl: 3_600_000 }),
    refuse,
    hang,
    isLive: ({ double }, { accessKeyId = "", secretAccessKey = "", sessionToken = "" }) =>
      double.whoIs({ accessKeyId, secretAccessKey, sessionToken }) !== undefined,
  },
);
providerContract(
  { describe, test },
  {
    provider: awsEcr,
    start: () => stage({}),
    refuse,
    hang,
    // To ask ECR would be to mint.
    unready: (staged) => ({ ...staged, env: {} }),
    isLive: ({ double }, { password = "" }) => double.isRegistryPassword(password),
  },
);
const database = { host: "app.abc123.us-east-1.rds.amazonaws.com", port: 5432, username: "app" };
providerContract(
  { describe, test },
  {
    provider: awsRdsIam,
    start: () => stage(database),
    refuse: ({ env }) => void delete env["SECRET"],
    isLive: ({ double }, { token = "" }) => double.judgeRdsToken({ ...database, token }) === "accepted",
  },
);

function profile(id: string): Readonly<Record<string, string>> {
  return { aws_access_key_id: id, aws_secret_access_key: `${id}/s3cret+text=`, aws_session_token: id.repeat(20) };
}
const values = [profile("ASIAFIRST"), profile("ASIASECOND")] as const;

for (const others of [undefined, "# mine\n[default]\nregion = eu-west-1\n\n[other]\naws_access_key_id = AKIAOTHER\n"]) {
  sinkContract(
    { describe, test },
    {
      sink: awsCredentials,
      start() {
        const directory = mkdtempSync(join(tmpdir(), "rotate-aws-sink-"));
        const path = join(directory, "credentials");
        if (others !== undefined) writeFileSync(path, others, { mode: 0o640 });
        const close = () => rmSync(directory, { recursive: true, force: true });
        return { options: { path, profile: "app" }, path, values, close };
      },
      snapshot: async ({ path }) =>
        existsSync(path) ? { text: readFileSync(path, "latin1"), mode: statSync(path).mode } : undefined,
      readBack: async ({ path }) =>
        existsSync(path) ? readIni(readFileSync(path), "app", Object.keys(values[0])) : {},
      meddle: ({ path }) =>
        writeFileSync(
          path,
          "[app]\naws_access_key_id = AKIATHEIRS\naws_secret_access_key = x\naws_session_token = y\n",
        ),
      refuse({ path }) {
        rmSync(path, { force: true });
        mkdirSync(path);
      },
    },
  );
}
