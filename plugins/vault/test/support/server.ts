import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { startOpenBao, type OpenBao } from "@rotate/doubles";
import { onTestFinished } from "vitest";

const run = promisify(execFile);

/** Runs the vendor's client against a server; gives its JSON. */
export async function cli(
  name: string,
  args: readonly string[],
  env: { readonly address: string; readonly token: string },
): Promise<Record<string, unknown>> {
  const variables = {
    ...process.env,
    VAULT_ADDR: env.address,
    BAO_ADDR: env.address,
    VAULT_TOKEN: env.token,
    BAO_TOKEN: env.token,
    VAULT_FORMAT: "json",
    BAO_FORMAT: "json",
  };
  const { stdout } = await run(name, [...args], { env: variables });
  return stdout.trimStart().startsWith("{") ? (JSON.parse(stdout) as Record<string, unknown>) : {};
}

/** The vendor's own server. Ended with the test. */
export async function startRealServer(): Promise<OpenBao> {
  const server = await startOpenBao();
  onTestFinished(server.close);
  return server;
}
