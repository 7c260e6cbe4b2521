/** What the proofs on servers of others share: promises, waiting, requests, and rotate as a user starts it. */
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { packedCommandLine } from "../../support/packed.ts";

/** One promise with the figure that was measured. */
export interface Promised {
  readonly says: string;
  readonly figure: string | number;
  readonly kept: boolean;
}

/** Prints a table of promises; true when all were kept. */
export function report(title: string, promises: readonly Promised[]): boolean {
  say(`\n${title}`);
  for (const { says, figure, kept } of promises) say(`  ${kept ? "kept  " : "BROKEN"}  ${says}: ${figure}`);
  return promises.every(({ kept }) => kept);
}

/** One line on standard output. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Asks until the answer is not undefined. @param patience ms */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  patience = 60_000,
): Promise<T> {
  const end = Date.now() + patience;
  let last: unknown;
  while (Date.now() < end) {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      last = error;
    }
    await sleep(100);
  }
  throw new Error(`waited in vain for ${what}`, { cause: last });
}

export interface Ask {
  readonly method?: string;
  readonly ca: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object | undefined;
  /** A client's certificate and its key. */
  readonly cert?: string;
  readonly key?: string;
}

export interface Answered {
  readonly status: number;
  readonly json: Readonly<Record<string, unknown>>;
}

/** One request over TLS, with an authority of our own. Rejects after ten seconds. */
export async function ask(url: string, { method = "GET", body, ...tls }: Ask): Promise<Answered> {
  const { promise, resolve, reject } = Promise.withResolvers<import("node:http").IncomingMessage>();
  const sent = request(url, { method, ...tls, agent: false, timeout: 10_000 }, resolve);
  sent.on("error", reject).on("timeout", () => sent.destroy(new Error("no answer within 10 s")));
  sent.end(body === undefined ? "" : JSON.stringify(body));
  const answer = await promise;
  const said = await text(answer);
  return { status: answer.statusCode ?? 0, json: said.startsWith("{") ? JSON.parse(said) : { said } };
}

/** A folder with a spec, and the packed command line in it. */
export interface Site {
  readonly directory: string;
  readonly run: (...argv: readonly string[]) => Promise<{ readonly code: number | null; readonly said: string }>;
  /** `rotate watch`; its output goes to `watch.log`. */
  readonly watch: () => { readonly stop: () => Promise<number | null> };
}

/** Lays the files out in a folder of their own. @param more variables that every process gets */
export async function layOut(
  files: Readonly<Record<string, string>>,
  more: Readonly<Record<string, string>> = {},
): Promise<Site> {
  const directory = await mkdtemp(join(tmpdir(), "rotate-proof-"));
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content, { mode: 0o600 });
  const { entry } = packedCommandLine();
  const own = { HOME: directory, ROTATE_STATE_DIR: join(directory, "state") };
  const env = { PATH: process.env["PATH"], ...own, ...more };
  const start = (argv: readonly string[]): ChildProcessByStdio<null, Readable, Readable> =>
    spawn(process.execPath, [entry, ...argv], { cwd: directory, env, stdio: ["ignore", "pipe", "pipe"] });
  return {
    directory,
    run: async (...argv) => {
      const child = start(argv);
      const ended = once(child, "exit");
      const said = await Promise.all([text(child.stdout), text(child.stderr)]);
      const [code] = await ended;
      return { code, said: said.join("") };
    },
    watch: () => {
      const child = start(["watch"]);
      const log = createWriteStream(join(directory, "watch.log"), { flags: "a" });
      child.stdout.pipe(log, { end: false });
      child.stderr.pipe(log, { end: false });
      const ended = once(child, "exit");
      process.once("exit", () => child.kill("SIGKILL"));
      return {
        stop: async () => {
          child.kill("SIGTERM");
          return (await ended)[0];
        },
      };
    },
  };
}
