/** What every provider's story is told with: the real command in a folder of its own, and an API whose consumer shows the token that it found in `.env`. */
import { spawn, spawnSync, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { parseEnv } from "node:util";
import { listen } from "@rotate/doubles";
import { expectNoLeak, type Canary } from "@rotate/testkit";
import { expect, onTestFinished, vi } from "vitest";
import { compiled } from "../../support/compiled.ts";
import { packedCommandLine } from "../../support/packed.ts";

const cli = packedCommandLine().entry;
const app = join(import.meta.dirname, "../app");

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder with a spec. Its state is in `state`, its rotation is named `app`. */
export interface Stage {
  readonly directory: string;
  /** Variables that every process of it gets. */
  readonly env: Readonly<Record<string, string>>;
  /** All that rotate has printed so far. */
  readonly said: readonly string[];
  /** Runs one of rotate's commands to its end. */
  readonly rotate: (...argv: readonly string[]) => Promise<Ended>;
  /** Runs `rotate watch` until something has come about, and gives its exit code after SIGTERM. */
  readonly watchUntil: (reached: () => boolean) => Promise<number | null>;
  /** The bytes of a file of the folder. */
  readonly file: (name: string) => Promise<string>;
  /** Puts a file into the folder. */
  readonly write: (name: string, content: string) => Promise<void>;
}

export interface StageOptions {
  readonly spec: string;
  readonly env?: Readonly<Record<string, string>>;
  /** By name. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Lays a stage out; it is removed when the test ends. */
export async function layOut({ spec, env: more = {}, files = {} }: StageOptions): Promise<Stage> {
  const directory = await mkdtemp(join(tmpdir(), "rotate-provider-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const write = (name: string, content: string) => writeFile(join(directory, name), content, { mode: 0o600 });
  for (const [name, content] of Object.entries({ ...files, "rotate.yaml": spec })) await write(name, content);
  const own = { HOME: directory, ROTATE_STATE_DIR: join(directory, "state"), NODE_COMPILE_CACHE: compiled };
  const env = { PATH: process.env["PATH"] ?? "", ...own, ...more };
  const said: string[] = [];

  const start = (argv: readonly string[]): Child =>
    spawn(process.execPath, [cli, ...argv], { cwd: directory, env, stdio: ["ignore", "pipe", "pipe"] });
  async function outcomeOf(child: Child): Promise<Ended> {
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
    said.push(stdout, stderr);
    return { code, stdout, stderr };
  }
  async function watchUntil(reached: () => boolean): Promise<number | null> {
    const child = start(["watch"]);
    const ended = outcomeOf(child);
    try {
      await vi.waitUntil(reached, { timeout: 20_000, interval: 20 });
    } finally {
      child.kill("SIGTERM");
      await ended;
    }
    return child.exitCode;
  }
  const file = (name: string): Promise<string> => readFile(join(directory, name), "utf8");
  return { directory, env, said, rotate: (...argv) => outcomeOf(start(argv)), watchUntil, file, write };
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** `rotate run` mints and publishes, and the consumer gets in. */
export async function expectRotated({ rotate }: Stage, ...argv: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await rotate("run", ...argv);
  expect(`exit ${code}: ${stdout}${stderr}`).toMatch(/^exit 0: app +rotated /);
}

/** A `run` straight after says so, and mints nothing. */
export async function expectFresh({ rotate }: Stage, minted: () => unknown): Promise<void> {
  const before = minted();
  expect(await rotate("run")).toMatchObject({ code: 0, stdout: expect.stringMatching(/^app is fresh,/) });
  expect(minted()).toEqual(before);
}

/** A mint that is refused: exit 1, one line what, one line what to do, and every file is left byte for byte. */
export async function expectRefused(
  { rotate, file }: Stage,
  { why, todo, sinks = [".env"] }: { readonly why: string; readonly todo: string; readonly sinks?: readonly string[] },
): Promise<void> {
  const before = await Promise.all(sinks.map(file));
  const { code, stdout } = await rotate("run", "--force");
  const lines = stdout.split("\n");
  expect(lines.filter((line) => line.includes(why))).toHaveLength(1);
  expect(lines.filter((line) => /^ +do +/.test(line))).toEqual([expect.stringContaining(todo)]);
  expect(code).toBe(1);
  expect(await Promise.all(sinks.map(file))).toEqual(before);
}

/** What `rotate status` calls the leases that are not in use any more. */
export async function formerLeases({ rotate }: Stage): Promise<readonly string[]> {
  const { rotations } = JSON.parse((await rotate("status", "--json")).stdout);
  const leases: readonly { readonly state: string }[] = rotations[0].leases;
  return leases.map(({ state }) => state).filter((state) => state !== "held");
}

/** No secret stands in what rotate printed, or in any file but the places where it belongs. */
export async function expectQuiet(
  { said, directory }: Stage,
  secrets: readonly (Canary | string)[],
  places: readonly string[] = [".env"],
): Promise<void> {
  expect(secrets.length).toBeGreaterThan(0);
  const except = places.map((name) => join(directory, name));
  await expectNoLeak(secrets, { output: said.join("\n"), "the folder": { directory, except } });
}

export interface Api {
  readonly url: string;
  /** The tokens that it let in, in order. */
  readonly callers: readonly string[];
}

/** An API that asks its judge of every token. @param scheme of the Authorization header (RFC 9110 §11) */
export async function startApi(
  accepts: (token: string) => boolean | Promise<boolean>,
  scheme: "Bearer" | "Basic" = "Bearer",
): Promise<Api> {
  const callers: string[] = [];
  async function judge(authorization: string): Promise<number> {
    const [given, token = ""] = authorization.split(" ");
    if (given !== scheme || !(await accepts(token))) return 401;
    callers.push(token);
    return 200;
  }
  const server = createServer(({ headers }, response) => {
    void judge(headers.authorization ?? "")
      .catch(() => 500)
      .then((status) => response.writeHead(status).end());
  });
  const port = await listen(server);
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${port}`, callers };
}

/** For a spec: starts the consumer of an API, which fails when it is not let in with the `TOKEN` in `.env`. */
export function startConsumer({ url }: Pick<Api, "url">): string {
  return program("call-api.ts", url);
}

/** For a spec: starts a consumer of the database that `DATABASE_URL` in `.env` leads to; it notes in the file `who` who it is there. */
export const logIn: string = program("who-am-i.ts");

/** The password in the `DATABASE_URL` in `.env`. */
export async function passwordIn({ file }: Stage): Promise<string> {
  return decodeURIComponent(new URL(parseEnv(await file(".env"))["DATABASE_URL"] ?? "").password);
}

function program(name: string, ...args: readonly string[]): string {
  return JSON.stringify({ type: "exec", command: [process.execPath, join(app, name), ...args], cwd: "." });
}

/** The lines of a PEM text that hold its secret, for `expectQuiet`. */
export function linesOf(pem: string): readonly string[] {
  return pem.split("\n").filter((line) => line.length > 20 && !line.startsWith("-----"));
}

/** Is this program missing here? */
export function isMissing(...[file, ...args]: readonly [string, ...string[]]): boolean {
  return spawnSync(file, args).status !== 0;
}
