import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { listen } from "@rotate/doubles";
import { onTestFinished } from "vitest";

const run = promisify(execFile);

/** The vendor's program on this machine: OpenBao's `bao` or HashiCorp's `vault`; undefined when neither is installed. */
export async function findCli(): Promise<"bao" | "vault" | undefined> {
  for (const name of ["bao", "vault"] as const) {
    const found = await run(name, ["version"]).then(
      () => true,
      () => false,
    );
    if (found) return name;
  }
  return undefined;
}

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

export interface RealServer {
  readonly url: string;
  /** A write as root. */
  readonly write: (path: string, body: object) => Promise<Record<string, unknown>>;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  const port = await listen(probe);
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** The vendor's own server in development mode: in memory, unsealed, root token `root`. Ended with the test. */
export async function startRealServer(name: string): Promise<RealServer> {
  const port = await freePort();
  const args = [
    "server",
    "-dev",
    "-dev-no-store-token",
    "-dev-root-token-id=root",
    `-dev-listen-address=127.0.0.1:${port}`,
  ];
  const child = spawn(name, args, { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(async () => {
    child.kill();
    await once(child, "exit");
  });
  await ready(child.stdout);
  child.stdout.resume();
  child.stderr.resume();
  const url = `http://127.0.0.1:${port}`;
  return { url, write: (path, body) => write(`${url}/v1/${path}`, body) };
}

async function ready(output: Readable): Promise<void> {
  let text = "";
  for await (const chunk of output.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    if (text.includes("Root Token")) return;
  }
  throw new Error(`the server ended:\n${text}`);
}

async function write(url: string, body: object): Promise<Record<string, unknown>> {
  const answer = await fetch(url, { method: "POST", headers: { "x-vault-token": "root" }, body: JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${text}`);
  return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
}
