/** A `rotate watch` that is looked at by a crowd while it rotates: what it holds, how late it is, whether it answers. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { daemonFlags } from "../../../packages/cli/src/daemon-flags.ts";
import { packedCommandLine } from "../../support/packed.ts";
import { sendCrowd, type CrowdSize } from "./crowd.ts";

export interface OutsideOptions extends CrowdSize {
  /** How long it is looked at once it is warm. */
  readonly seconds: number;
  /** How long before that, with the crowd there already. */
  readonly warmSeconds: number;
  readonly rotations: number;
  /** Of each credential, seconds. */
  readonly life: number;
  readonly onSample?: (line: string) => void;
}

export interface OutsideFigures {
  /** Bytes: medians of the first and the last tenth of the samples. */
  readonly before: number;
  readonly after: number;
  /** Of each tenth of the samples, in their order: the least and the most. */
  readonly course: readonly (readonly [least: number, most: number])[];
  readonly rotated: number;
  readonly failed: number;
  /** The least that any credential had left when it was looked at, in parts of its life. */
  readonly leastLeft: number;
  /** Times that `/livez` was not 200, of how many. */
  readonly silent: number;
  readonly looks: number;
  readonly events: number;
  readonly following: number;
  readonly sentAway: number;
}

const second = 1_000;

function writeSpec(folder: string, { rotations, life }: OutsideOptions): void {
  const entries = Array.from({ length: rotations }, (_, at) => [
    `r${at}`,
    {
      provider: "local",
      request: { subject: `r${at}`, ttl: `${life}s` },
      sinks: [{ type: "file", path: `${at}.jwt`, values: { content: "{{ token }}" } }],
    },
  ]);
  const providers = { local: { type: "jwt", issuer: "https://outside.example", key: { path: "key.pem" } } };
  const spec = { version: 1, name: "outside", providers, rotations: Object.fromEntries(entries) };
  writeFileSync(join(folder, "rotate.json"), JSON.stringify(spec));
}

interface Watched {
  readonly port: number;
  readonly pid: number;
  readonly stop: () => Promise<number | null>;
}

/** As a unit starts it. */
async function watch(folder: string): Promise<Watched> {
  const argv = [
    ...daemonFlags,
    packedCommandLine().entry,
    "watch",
    "-f",
    "rotate.json",
    "--listen",
    "0",
    "--log-format",
    "json",
  ];
  const env = { PATH: process.env["PATH"], HOME: folder, ROTATE_STATE_DIR: join(folder, "state") };
  const child = spawn(process.execPath, argv, { cwd: folder, env, stdio: ["ignore", "ignore", "pipe"] });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  createInterface({ input: child.stderr }).on("line", (line) => {
    const port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (port !== undefined) resolve(Number(port));
  });
  child.once("exit", (code) => reject(new Error(`the daemon ended with ${code}`)));
  return {
    port: await promise,
    pid: child.pid!,
    async stop() {
      child.kill("SIGTERM");
      if (child.exitCode === null) await once(child, "exit");
      return child.exitCode;
    },
  };
}

function residentOf(pid: number): number {
  return Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;
}

/** The least that any of them has left, in parts of its life; one that was never minted does not count yet. */
function leastLeft(folder: string, { rotations, life }: OutsideOptions): number {
  const left = Array.from({ length: rotations }, (_, at) => join(folder, `${at}.jwt`)).flatMap((file) => {
    if (!existsSync(file)) return [];
    const [, claims = ""] = readFileSync(file, "utf8").split(".");
    const { exp } = JSON.parse(Buffer.from(claims, "base64url").toString()) as { readonly exp: number };
    return [(exp - Date.now() / second) / life];
  });
  return Math.min(1, ...left);
}

async function isAlive(port: number): Promise<boolean> {
  const signal = AbortSignal.timeout(20 * second);
  const options = { signal, headers: { connection: "close" } };
  // Who comes while all places are taken is let in a moment later: a kubelet asks three times.
  for (let tries = 0; tries < 3; tries++) {
    const answer = await fetch(`http://127.0.0.1:${port}/livez`, options).catch(() => undefined);
    if (answer?.ok) return true;
  }
  return false;
}

function countedIn(text: string, name: string, outcome?: string): number {
  const lines = text.split("\n").filter((line) => line.startsWith(`${name}{`));
  const wanted = lines.filter((line) => outcome === undefined || line.includes(`outcome="${outcome}"`));
  return wanted.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function courseOf(values: readonly number[], length: number): OutsideFigures["course"] {
  const parts = Array.from({ length: Math.ceil(values.length / length) }, (_, at) =>
    values.slice(at * length, (at + 1) * length),
  );
  return parts.map((part) => [Math.min(...part), Math.max(...part)] as const);
}

/** Runs it, and gives the figures. */
export async function runOutside(options: OutsideOptions): Promise<OutsideFigures> {
  const folder = mkdtempSync(join(tmpdir(), "rotate-outside-"));
  writeSpec(folder, options);
  const { port, pid, stop } = await watch(folder);
  const crowd = sendCrowd(port, options);
  try {
    await setTimeout(options.warmSeconds * second);
    const resident: number[] = [];
    const pause = Math.max(1, Math.min(10, options.seconds / 20)) * second;
    let [silent, looks, least] = [0, 0, 1];
    for (const end = Date.now() + options.seconds * second; Date.now() < end; looks++) {
      resident.push(residentOf(pid));
      if (!(await isAlive(port))) silent++;
      least = Math.min(least, leastLeft(folder, options));
      const { events, following } = crowd.heard();
      options.onSample?.(
        `${Math.round(resident.at(-1)! / 1e6)} MB, ${following} follow, ${events} events, least left ${least.toFixed(2)}`,
      );
      await setTimeout(pause);
    }
    const heard = crowd.heard();
    await crowd.close();
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const tenth = Math.max(1, Math.ceil(resident.length / 10));
    return {
      ...heard,
      before: median(resident.slice(0, tenth)),
      after: median(resident.slice(-tenth)),
      course: courseOf(resident, tenth),
      rotated: countedIn(metrics, "rotate_rotations_total", "rotated"),
      failed: countedIn(metrics, "rotate_rotations_failed_total"),
      leastLeft: least,
      silent,
      looks,
    };
  } finally {
    await crowd.close();
    await stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
