import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { createGcpDouble, type GcpDouble } from "@rotate/doubles";
import { expect, onTestFinished, test } from "vitest";
import {
  expectFresh,
  expectQuiet,
  expectRefused,
  expectRotated,
  formerLeases,
  isMissing,
  layOut,
  linesOf,
  startApi,
  startConsumer,
  type Api,
  type Stage,
} from "./support.ts";

const app = "app@acme.iam.gserviceaccount.com";
const target = "target@acme.iam.gserviceaccount.com";

const spec = ({ endpoints }: GcpDouble, api: Api): string => `version: 1
name: gcp-access-token-e2e
providers:
  cloud:
    type: gcp-access-token
    source: { method: service-account, key: { file: key.json } }
    endpoints: ${JSON.stringify(endpoints)}
rotations:
  app:
    provider: cloud
    sinks:
      - { type: file, path: access-token, values: { content: "{{ token }}" } }
      - { type: dotenv, path: .env, values: { TOKEN: "{{ token }}" } }
    reload:
      - ${startConsumer(api)}
`;

/** A cloud, an API that asks the cloud of every token, and a stage whose consumer calls it. */
async function setUp() {
  const cloud = await createGcpDouble();
  onTestFinished(cloud.close);
  const api = await startApi((token) => cloud.inspect(token)?.principal === app);
  const stage = await layOut({ spec: spec(cloud, api), files: { "key.json": cloud.keyFile(app) } });
  return { cloud, api, stage };
}

test("a service account's token opens the API; when its key is deleted the last one stays", async () => {
  const { cloud, api, stage } = await setUp();
  await expectRotated(stage);
  await expectFresh(stage, () => cloud.issued.length);
  await expectRotated(stage, "--force");
  expect(new Set(api.callers).size).toBe(2);
  expect(await formerLeases(stage)).toEqual(["expires only"]);

  cloud.deleteKey(app);
  const sinks = [".env", "access-token"];
  await expectRefused(stage, { why: "invalid_grant", todo: "key", sinks });
  const { private_key: key } = JSON.parse(await stage.file("key.json"));
  await expectQuiet(stage, [...linesOf(key), ...api.callers], [...sinks, "key.json"]);
});

/** Lets Google's own client take another account's part, with the token that stands in the sink. */
async function impersonate({ directory, env }: Stage, { url }: GcpDouble): Promise<string> {
  const own = {
    ...env,
    CLOUDSDK_CONFIG: join(directory, "gcloud"),
    CLOUDSDK_CORE_CHECK_GCE_METADATA: "false",
    CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS: `${url}/`,
    CLOUDSDK_AUTH_ACCESS_TOKEN_FILE: join(directory, "access-token"),
  };
  const argv = ["auth", "print-access-token", `--impersonate-service-account=${target}`];
  return (await promisify(execFile)("gcloud", argv, { env: own })).stdout.trim();
}

const missing = isMissing("gcloud", "--version");

test.skipIf(missing)(`gcloud acts by it (${missing ? "not installed" : "the real one"})`, async () => {
  const { cloud, stage } = await setUp();
  await expectRotated(stage);
  expect(cloud.inspect(await impersonate(stage, cloud))).toMatchObject({ principal: target, by: "impersonation" });
});
