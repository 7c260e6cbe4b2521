/** The contract suites of the built-ins, over the wire: the examples keep what built-ins keep. */
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRuntime, loadProgram, proposePlugin } from "@rotate/core";
import { providerContract, secretRef, sinkContract } from "@rotate/testkit";
import { afterAll, describe, test } from "vitest";
import { examples, has, openServices } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "rotate-contract-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function pluginOf(name: string) {
  copyFileSync(join(examples, name), join(folder, name));
  chmodSync(join(folder, name), 0o755);
  const runtime = createRuntime({ log: { write: () => undefined } });
  const { signal } = runtime.deadline(20_000);
  const proposal = await proposePlugin(`./${name}`, folder, { ...runtime, signal });
  await proposal.approve();
  return (await loadProgram(`./${name}`, folder)).plugin;
}

/** None where there is no Python. */
const pairs = has("python3") ? [{ acme: await pluginOf("acme.py"), shelf: await pluginOf("shelf.py") }] : [];

describe.each(pairs)("the examples in Python", ({ acme, shelf }) => {
  providerContract(
    { describe, test },
    {
      provider: acme.providers[0]!,
      start: async () => {
        const services = await openServices();
        const { url, key } = services;
        return { services, options: { url, key: secretRef(key) }, request: { ttl: 3_600_000 }, secrets: [key] };
      },
      refuse: ({ services }) => void (services.refuse = 403),
      hang: ({ services }) => void (services.isSilent = true),
      isLive: ({ services }, { token = "" }) => services.live.has(services.ids.get(token) ?? ""),
    },
  );
  sinkContract(
    { describe, test },
    {
      sink: shelf.sinks[0]!,
      start: async () => {
        const services = await openServices();
        const values = [{ TOKEN: "first-value-1" }, { TOKEN: "second-value-2" }] as const;
        return { services, options: { url: services.url, path: "app" }, values };
      },
      snapshot: async ({ services }) => structuredClone(services.document.values),
      readBack: async ({ services }) => services.document.values,
      meddle: ({ services: { document } }) =>
        void Object.assign(document, { version: document.version + 1, values: { TOKEN: "somebody-else" } }),
      refuse: ({ services }) => void Object.assign(services, { refuse: 403, isShelfRefusing: true }),
      hang: ({ services }) => void (services.isSilent = true),
    },
  );
});
