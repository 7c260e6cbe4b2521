import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { planChecks } from "./plan-checks.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "rotate-missing-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

/** What `plan` says of the provider of a spec whose references lead nowhere. */
async function planned(provider: string, request: string): Promise<unknown> {
  const checks = await planChecks({ home, provider, request });
  return checks.find(({ what }) => what === "provider it");
}

const gone = "{ file: /nonexistent/secret }";
const unreachable = "https://127.0.0.1:9";

describe("plan says that a reference of a provider leads nowhere:", () => {
  test.each([
    [
      "oauth2",
      `{ type: oauth2, tokenEndpoint: "${unreachable}", clientId: c, clientAuth: { method: client_secret_basic, clientSecret: ${gone} } }`,
      "{}",
    ],
    [
      "azure-entra",
      `{ type: azure-entra, tenantId: 11111111-1111-1111-1111-111111111111, auth: { method: client-secret, clientId: c, clientSecret: ${gone} } }`,
      "{}",
    ],
    ["gcp-access-token", `{ type: gcp-access-token, source: { method: service-account, key: ${gone} } }`, "{}"],
    ["exec", `{ type: exec, command: [echo, x], secretEnv: { S: ${gone} } }`, "{ format: token, ttl: 1h }"],
    ["exec, what it is fed", `{ type: exec, command: [cat], stdin: ${gone} }`, "{ format: token, ttl: 1h }"],
    [
      "databricks-postgres by its CLI",
      `{ type: databricks-postgres, method: cli, host: "https://w.cloud.databricks.com", auth: { method: oauth-m2m, clientId: c, clientSecret: ${gone} } }`,
      "{ endpoint: projects/a/branches/b/endpoints/c }",
    ],
  ])("%s", async (_type, provider, request) => {
    expect(await planned(provider, request)).toMatchObject({
      result: "failed",
      error: { message: expect.stringContaining("/nonexistent/secret") },
    });
  });
});
