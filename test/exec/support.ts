/** `rotate exec` as it is published, with an issuer that needs nothing outside this machine. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, type TestContext } from "vitest";
import { packedCommandLine } from "../support/packed.ts";

const { entry } = packedCommandLine();
const compiled = mkdtempSync(join(tmpdir(), "rotate-compiled-"));
afterAll(() => rmSync(compiled, { recursive: true, force: true }));

/** Tests that run beside each other each have their own end. */
type Own = Pick<TestContext, "onTestFinished">;

/** A folder with a spec whose credentials live so long. */
export function sceneOf({ onTestFinished }: Own, ttl = "15m", more = ""): string {
  const folder = mkdtempSync(join(tmpdir(), "rotate-exec-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  writeFileSync(
    join(folder, "rotate.yaml"),
    `version: 1
stateDir: state
providers:
  local: { type: jwt, issuer: "https://issuer.example", key: { path: key.pem } }
rotations:
  app:
    provider: local
    request: { subject: app, audience: [api], ttl: ${ttl} }
    sinks: [{ type: env, values: { APP_TOKEN: "{{ token }}" } }]
${more}`,
  );
  return folder;
}

/** What a process has said until now, and its end. */
export interface Watched {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  /** Its exit code; 128 and the signal's number as a shell has it. */
  readonly ended: Promise<number>;
}

/** Starts `rotate` in the folder; what is left of it ends with the test. */
export function rotate(
  {
    onTestFinished,
    folder,
    env = {},
    detached = false,
  }: Own & { readonly folder: string; readonly env?: Readonly<Record<string, string>>; readonly detached?: boolean },
  argv: readonly string[],
): Watched {
  const child = spawn(process.execPath, [entry, ...argv], {
    cwd: folder,
    detached,
    env: { PATH: process.env["PATH"], HOME: folder, NODE_COMPILE_CACHE: compiled, XDG_RUNTIME_DIR: folder, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const ended = new Promise<number>((resolve) => child.once("close", (code) => resolve(code ?? -1)));
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await ended;
  });
  return { child, out: () => out, err: () => err, ended };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => void server.close(resolve));
  return port;
}
