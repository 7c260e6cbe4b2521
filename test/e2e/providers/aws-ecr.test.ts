import type { AwsDouble } from "@rotate/doubles";
import { expect, test } from "vitest";
import { deleteUserKey, keyFile, source, startAccount, userKey } from "./aws.ts";
import {
  expectFresh,
  expectQuiet,
  expectRefused,
  expectRotated,
  formerLeases,
  layOut,
  startApi,
  type Stage,
} from "./support.ts";

const registry = "123456789012.dkr.ecr.us-east-1.amazonaws.com";

const spec = ({ url }: AwsDouble): string => `version: 1
name: aws-ecr-e2e
providers:
  aws: { type: aws-ecr, region: us-east-1, endpoints: { ecr: "${url}" }, ${source} }
rotations:
  app:
    provider: aws
    sinks:
      - { type: json, path: config.json, values: { /auths/${registry}/auth: "{{ auth }}" } }
`;

/** What a container engine sends to the registry, from its config.json. */
async function authIn(stage: Stage): Promise<string> {
  return JSON.parse(await stage.file("config.json")).auths[registry].auth;
}

const passwordOf = (auth: string): string => Buffer.from(auth, "base64").toString().replace(/^AWS:/, "");

test("a container engine is let into the registry with what stands in its config.json", async () => {
  const account = await startAccount();
  const gate = await startApi((auth) => account.isRegistryPassword(passwordOf(auth)), "Basic");
  const files = { "user-key.ini": keyFile, "config.json": `{\n  "auths": {},\n  "psFormat": "table"\n}\n` };
  const stage = await layOut({ spec: spec(account), files });
  const calls = () => account.requests.length;

  for (const argv of [[], ["--force"]]) {
    await expectRotated(stage, ...argv);
    const headers = { authorization: `Basic ${await authIn(stage)}` };
    expect((await fetch(`${gate.url}/v2/`, { headers })).status).toBe(200);
  }
  await expectFresh(stage, calls);
  expect(await stage.file("config.json")).toContain(`"psFormat": "table"`);
  expect(await formerLeases(stage)).toEqual(["expires only"]);

  deleteUserKey(account);
  await expectRefused(stage, { why: "UnrecognizedClientException", todo: "key", sinks: ["config.json"] });
  const secrets = [userKey, ...gate.callers, ...gate.callers.map(passwordOf)];
  expect(new Set(secrets).size).toBe(5);
  await expectQuiet(stage, secrets, ["config.json", "user-key.ini"]);
});
