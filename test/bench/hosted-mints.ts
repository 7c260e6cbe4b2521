/** What 1,000 mints with one request each cost in a process of a package, against the same plugin in this process. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createContext } from "@rotate/runtime";
import { createRuntime, loadProgram, proposePlugin } from "@rotate/core";
import type { Plugin } from "@rotate/plugin-kit";

const name = "rotate-plugin-bench";
const source = `import { definePlugin, defineProvider } from "@rotate/plugin-kit";
const provider = defineProvider({
  type: "bench",
  options: { type: "object", properties: { url: { type: "string" } } },
  fields: { token: { secret: true, description: "a token" } },
  async mint(_, { http, options, secret }) {
    const { token } = (await http(options.url)).json({ type: "object", properties: { token: { type: "string" } }, required: ["token"] });
    return { fields: { token: secret(token, "token") }, expires: { in: 3_600_000 } };
  },
});
export default definePlugin({ providers: [provider], needs: { hosts: ["{url}"] } });
`;

/** Milliseconds for so many mints, one after another; the first of the child, which starts it, apart. */
export interface HostedMints {
  readonly inProcess: number;
  readonly hosted: number;
  readonly first: number;
}

/** @param count of mints */
export async function measureHostedMints(count: number): Promise<HostedMints> {
  const folder = mkdtempSync(join(tmpdir(), "rotate-bench-"));
  const server = createServer((_, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ token: "a-token-for-the-bench" }));
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const runtime = createRuntime({ log: { write: () => undefined } });
  const { signal, clear } = runtime.deadline(300_000);
  const ctx = { ...createContext({ runtime, options: { url }, signal }), login: undefined, leaseId: "rotate-bench" };
  async function timed(plugin: Plugin, times: number): Promise<number> {
    const from = runtime.monotonic();
    for (let done = 0; done < times; done++) await plugin.providers[0]!.mint({}, ctx);
    return runtime.monotonic() - from;
  }
  try {
    const own = join(folder, "node_modules", name);
    mkdirSync(own, { recursive: true });
    writeFileSync(
      join(own, "package.json"),
      JSON.stringify({ name, version: "1.0.0", type: "module", exports: "./index.js" }),
    );
    writeFileSync(join(own, "index.js"), source);
    const kit = import.meta.resolve("@rotate/plugin-kit");
    const here = join(folder, "here.mjs");
    writeFileSync(here, source.replace('"@rotate/plugin-kit"', JSON.stringify(kit)));
    const { default: inside } = (await import(pathToFileURL(here).href)) as { readonly default: Plugin };
    await (await proposePlugin(name, folder, { ...runtime, signal })).approve();
    const { plugin } = await loadProgram(name, folder);
    const first = await timed(plugin, 1);
    await timed(inside, count / 10);
    await timed(plugin, count / 10);
    return { inProcess: await timed(inside, count), hosted: await timed(plugin, count), first };
  } finally {
    clear();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
