/** The packed command line in a folder of its own, with the worked examples and the two services that they speak to. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { expectNoLeak, mintCanary } from "@rotate/testkit";
import { onTestFinished } from "vitest";
import { resultOf, type Result } from "../../packages/cli/test/support.ts";
import { compiled } from "../support/compiled.ts";
import { packedCommandLine } from "../support/packed.ts";
import { root } from "../support/workspace.ts";

const { entry } = packedCommandLine();

/** The folder of the examples. */
export const examples = join(root, "docs/examples/plugins");

/** Is this program on this machine? */
export function has(program: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${program} && ${program} --version`]).status === 0;
}

/** The folder of Python itself, without what chooses one at each start; empty where there is none. */
export const ownPython = has("python3")
  ? dirname(execFileSync("python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" }))
  : "";

/** Tokens that live and that were revoked, and the documents of the shelf. */
export interface Services {
  readonly url: string;
  readonly key: string;
  readonly live: Map<string, string>;
  readonly revoked: string[];
  readonly document: { version: number; values: Record<string, string> };
  /** Its id, by token. */
  readonly ids: Map<string, string>;
  /** The shelf refuses too. */
  isShelfRefusing: boolean;
  /** Answers nothing from now on. */
  isSilent: boolean;
  /** Answers whatever is about tokens with this status. */
  refuse: number | undefined;
}

export interface Scene {
  readonly services: Services;
  readonly path: (name: string) => string;
  readonly write: (name: string, text: string, mode?: number) => void;
  readonly read: (name: string) => string;
  /** Runs `rotate` to its end, and checks that no secret is seen. */
  readonly rotate: (...argv: readonly string[]) => Promise<Result>;
  /** The same with more in its environment. */
  readonly with: (more: Readonly<Record<string, string>>, ...argv: readonly string[]) => Promise<Result>;
}

/** The Acme API and the Shelf service, until the test ends. */
export async function openServices(): Promise<Services> {
  const key = mintCanary("key", { plain: true }).text;
  const live = new Map<string, string>();
  const services: Services = {
    url: "",
    key,
    live,
    revoked: [],
    ids: new Map(),
    isSilent: false,
    isShelfRefusing: false,
    document: { version: 1, values: {} },
    refuse: undefined,
  };
  const server: Server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      if (services.isSilent) return;
      const [status, answer] = answerOf(services, request.method ?? "", {
        path: request.url ?? "",
        key: request.headers.authorization,
        body,
      });
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return Object.assign(services, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

interface Asked {
  readonly path: string;
  readonly key: string | undefined;
  readonly body: string;
}

function answerOf(services: Services, method: string, { path, key, body }: Asked): readonly [number, unknown] {
  const { live, revoked, document, refuse } = services;
  if (path === "/app" && refuse !== undefined && services.isShelfRefusing) return [refuse, {}];
  if (path === "/app" && method === "GET") return [200, document];
  if (path === "/app") {
    const { version, values } = JSON.parse(body) as Services["document"];
    if (version !== document.version) return [409, {}];
    Object.assign(document, { version: version + 1, values });
    return [200, document];
  }
  if (refuse !== undefined) return [refuse, {}];
  if (key !== `Bearer ${services.key}`) return [403, {}];
  if (method === "GET") return [200, [...live].map(([id, name]) => ({ id, name, expires: inAnHour() }))];
  if (method === "DELETE") {
    const id = path.slice("/tokens/".length);
    revoked.push(id);
    return live.delete(id) ? [200, {}] : [404, {}];
  }
  const id = `t${live.size + revoked.length + 1}`;
  live.set(id, (JSON.parse(body) as { name: string }).name);
  const secret = mintCanary(`token-${id}`, { plain: true }).text;
  services.ids.set(secret, id);
  return [200, { id, secret, expires: inAnHour() }];
}

function inAnHour(): string {
  return new Date(Date.now() + 3_600_000).toISOString();
}

/** A folder with the programs of the examples, none approved. */
export async function openScene(spec: string): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), "rotate-plugins-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(examples, folder, { recursive: true });
  const services = await openServices();
  const path = (name: string): string => join(folder, name);
  const write = (name: string, text: string, mode = 0o755): void => writeFileSync(path(name), text, { mode });
  write("rotate.yaml", spec, 0o644);
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: process.env["HOME"] ?? folder,
    NODE_COMPILE_CACHE: compiled,
    ROTATE_STATE_DIR: path("state"),
    ACME_URL: services.url,
    ACME_KEY: services.key,
    SHELF_URL: services.url,
  };
  async function runWith(more: Readonly<Record<string, string>>, ...argv: readonly string[]): Promise<Result> {
    const child = spawn(process.execPath, [entry, ...argv], { cwd: folder, env: { ...env, ...more } });
    child.stdin.end();
    const result = await resultOf(child);
    const secrets = [services.key, ...Object.values(services.document.values)];
    const except = [path(".env"), path("values.json")];
    const { stdout, stderr } = result;
    await expectNoLeak(secrets, { stdout, stderr, folder: { directory: folder, except } });
    return result;
  }
  const rotate: Scene["rotate"] = (...argv) => runWith({}, ...argv);
  return { services, path, write, read: (name) => readFileSync(path(name), "utf8"), rotate, with: runWith };
}
