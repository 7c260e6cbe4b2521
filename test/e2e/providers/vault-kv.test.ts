import { createVaultDouble } from "@rotate/doubles";
import { mintCanary } from "@rotate/testkit";
import { expect, onTestFinished, test } from "vitest";
import {
  expectFresh,
  expectQuiet,
  expectRefused,
  expectRotated,
  layOut,
  startApi,
  startConsumer,
  type Api,
} from "./support.ts";

const reader = mintCanary("the token that reads", { plain: true });
const keys = ["first", "second"].map((name) => mintCanary(`the ${name} API key`, { plain: true }).text);

const spec = (address: string, api: Api): string => `version: 1
name: vault-kv-e2e
providers:
  stored: { type: vault-kv, address: "${address}", auth: { method: token, token: { env: VAULT_TOKEN } } }
rotations:
  app:
    provider: stored
    request: { path: mail/api, fields: { key: key } }
    refresh: { every: 5m }
    sinks:
      - { type: dotenv, path: .env, values: { TOKEN: "{{ key }}" } }
    reload:
      - ${startConsumer(api)}
`;

/** A Vault in which people store a value. */
async function startVault() {
  const writer = "token-of-the-people";
  const vault = await createVaultDouble({
    tokens: [
      { id: writer, root: true },
      { id: reader.text, policies: ["app"] },
    ],
    policies: { app: { "secret/data/mail/api": ["read"] } },
    engines: { secret: { type: "kv", version: 2 } },
  });
  onTestFinished(vault.close);
  async function change(method: "POST" | "DELETE", data: object = {}): Promise<void> {
    const headers = { "x-vault-token": writer };
    const body = JSON.stringify({ data });
    await fetch(`${vault.url}/v1/secret/data/mail/api`, { method, headers, ...(method === "POST" && { body }) });
  }
  return { url: vault.url, store: (key = "") => change("POST", { key }), remove: () => change("DELETE") };
}

test("a value that people store reaches its consumer, the same value reloads nobody, and a deleted one stays in use", async () => {
  const vault = await startVault();
  const api = await startApi((token) => keys.includes(token));
  const stage = await layOut({ spec: spec(vault.url, api), env: { VAULT_TOKEN: reader.text } });

  await vault.store(keys[0]);
  await expectRotated(stage);
  await expectFresh(stage, () => api.callers.length);
  expect((await stage.rotate("run", "--force")).stdout).toMatch(/^app +reused /);
  expect(api.callers).toEqual([keys[0]]);
  await vault.store(keys[1]);
  await expectRotated(stage, "--force");
  expect(api.callers).toEqual(keys);

  await vault.remove();
  await expectRefused(stage, { why: "version 2 of secret/data/mail/api was deleted", todo: "undelete it" });
  await expectQuiet(stage, [reader, ...keys]);
});
