import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtins } from "@rotate/builtins";
import { createCatalog, loadSpec, openEngine, openLocalBackend } from "@rotate/core";
import { createRuntime } from "@rotate/runtime";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "rotate-missing-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

/** What `plan` says of the provider of a spec whose references lead nowhere. */
async function planned(provider: string, request: string): Promise<unknown> {
  const text = `version: 1
name: demo
providers:
  it: ${provider}
rotations:
  app:
    provider: it
    request: ${request}
    sinks: [{ type: file, path: token, values: { content: "{{ token }}" } }]
`;
  const { spec, diagnostics } = await loadSpec({ file: join(home, "r.yaml"), text, catalog: createCatalog(builtins) });
  if (spec === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  const runtime = createRuntime({ env: { HOME: home, PATH: process.env["PATH"] }, log: { write: () => undefined } });
  const backend = await openLocalBackend({ spec, runtime, stateDir: join(home, "state") });
  try {
    const { rotations } = await (await openEngine({ spec, runtime, backend })).plan();
    return rotations[0]?.checks.find(({ what }) => what === "provider it");
  } finally {
    await backend.close();
  }
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
