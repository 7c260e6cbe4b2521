import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { createTestContext, sinkValues } from "@rotate/testkit";
import { expect, test } from "vitest";
import { awsCredentials } from "../src/aws-credentials.ts";
import { freshDirectory, mint, revealed, start } from "./support/call.ts";

const run = promisify(execFile);
const installed = await run("aws", ["--version"]).then(
  () => true,
  () => false,
);
const reason = installed ? "" : " (skipped: the aws command is not installed)";

test.skipIf(!installed)(`the AWS command line uses what stands in the sink${reason}`, async () => {
  const double = await start();
  const directory = freshDirectory();
  const path = join(directory, "credentials");
  writeFileSync(path, "# by hand\n[other]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = x\n");
  const ctx = createTestContext({ schema: awsCredentials.options, options: { path, profile: "app" } });
  for (let round = 0; round < 2; round += 1) {
    const { accessKeyId = "", secretAccessKey = "", sessionToken = "" } = revealed(await mint({ double }));
    const values = sinkValues({
      aws_access_key_id: accessKeyId,
      aws_secret_access_key: secretAccessKey,
      aws_session_token: sessionToken,
    });
    await (await awsCredentials.prepare(values, ctx)).commit(ctx);
    const env = {
      PATH: process.env["PATH"],
      HOME: directory,
      AWS_SHARED_CREDENTIALS_FILE: path,
      AWS_DEFAULT_REGION: "us-east-1",
    };
    const argv = ["--profile", "app", "--endpoint-url", double.url, "sts", "get-caller-identity"];
    expect((await run("aws", argv, { env })).stdout).toContain("assumed-role/app/");
    expect(double.requests.at(-1)?.headers["authorization"]).toContain(accessKeyId);
  }
  expect(readFileSync(path, "utf8")).toMatch(/^# by hand\n\[other\]\naws_access_key_id = AKIAOTHER\n/);
});
