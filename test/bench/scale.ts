import { execFileSync, spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findProgram } from "@rotate/doubles";
import { type Cost, costOf, costsOf, type Job } from "./cost.ts";
import { medianOf } from "./measure.ts";
import type { Bench, Row } from "./section.ts";

const perFolder = 1_000;

/** So many rotations of the embedded issuer, each with a file of its own; run once. */
export interface Fleet {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly job: (...argv: readonly string[]) => Job;
}

interface FleetOptions extends Pick<Bench, "base" | "program"> {
  /** Of each token. Default: long after the bench. */
  readonly life?: string;
}

/** @param base an empty folder of its own is made in it */
export function fleetOf(count: number, { base, program, life = "12h" }: FleetOptions): Fleet {
  const cwd = join(base, `fleet-${count}`);
  mkdirSync(cwd);
  for (let index = 0; index < count; index += perFolder)
    mkdirSync(join(cwd, String(index / perFolder)), { mode: 0o700 });
  const rotations = Array.from({ length: count }, (_, index) => [
    `r${index}`,
    {
      provider: "local",
      request: { subject: `r${index}`, ttl: life },
      sinks: [
        { type: "file", path: `${Math.floor(index / perFolder)}/${index}.jwt`, values: { content: "{{ token }}" } },
      ],
    },
  ]);
  const providers = { local: { type: "jwt", issuer: "https://bench.example", key: { path: "key.pem" } } };
  const spec = { version: 1, name: "bench", providers, rotations: Object.fromEntries(rotations) as object };
  writeFileSync(join(cwd, "rotate.json"), JSON.stringify(spec));
  const env = { PATH: process.env["PATH"], HOME: cwd, ROTATE_STATE_DIR: join(cwd, "state") };
  return {
    cwd,
    env,
    job: (...argv) => ({ argv: [process.execPath, program, ...argv, "-f", "rotate.json"], cwd, env }),
  };
}

/** What one command costs with nothing due, and the whole of a run, against bare Node. */
export async function measureStart(bench: Bench): Promise<readonly Row[]> {
  const { cwd, env, job } = fleetOf(1, bench);
  const forced = fleetOf(1, { ...bench, base: folderIn(bench.base, "forced") });
  for (let run = 0; run < 3; run++) for (const fleet of [{ job }, forced]) costOf(fleet.job("run"));
  await sleep(2_100); // a file that was just written is read once more: what is forced has a fleet of its own
  costOf(job("run"));
  const bareJob = { argv: [process.execPath, "-e", "0"], cwd, env };
  const [bare, idle, status, full] = costsOf(
    [bareJob, job("run"), job("status"), forced.job("run", "--force")],
    bench.rounds,
  ).map(({ cpu }) => cpu) as [number, number, number, number];
  const against = "bare Node, CPU";
  return [
    { measured: "`rotate run`, nothing due", against, figure: idle / bare, goal: { most: 1.5 }, floor: "1.03 to 1.16" },
    { measured: "`rotate status`", against, figure: status / bare },
    { measured: "a full rotation, jwt and file", against, figure: full / bare, goal: { most: 2.6 }, floor: "1.7" },
  ];
}

/** Runs of many, and views of many. */
export async function measureScale(bench: Bench): Promise<readonly Row[]> {
  const [small, large] = [fleetOf(1_000, bench), fleetOf(10_000, bench)];
  const [first, firstLarge] = [costOf(small.job("run")), costOf(large.job("run"))];
  await sleep(2_100);
  costOf(large.job("run"));
  const rounds = Math.max(1, Math.ceil(bench.rounds / 7));
  const [idle, status] = costsOf([large.job("run"), large.job("status")], rounds) as readonly [Cost, Cost];
  const second = "s of CPU";
  return [
    {
      measured: "first run of 1,000 jwt + file",
      against: second,
      figure: first.cpu / 1_000,
      goal: { most: 1.6 },
      floor: "0.7",
    },
    {
      measured: "the same of 10,000",
      against: "1,000, CPU",
      figure: firstLarge.cpu / first.cpu,
      goal: { most: 12 },
      floor: "10",
    },
    {
      measured: "`run` with nothing due of 10,000",
      against: second,
      figure: idle.cpu / 1_000,
      goal: { most: 0.4 },
      floor: "0.15",
    },
    { measured: "`status` of 10,000", against: second, figure: status.cpu / 1_000, goal: { most: 0.6 }, floor: "0.2" },
  ];
}

/** 1,000 files, each written, synced, renamed, and its folder synced: the least that is durable. Milliseconds. */
function rawWrites(base: string, round: number): number {
  const folder = join(base, `raw-${round}`);
  mkdirSync(folder);
  const directory = openSync(folder, "r");
  const begin = performance.now();
  for (let index = 0; index < 1_000; index++) {
    const path = join(folder, String(index));
    const file = openSync(`${path}.next`, "wx", 0o600);
    writeSync(file, "x".repeat(1_200));
    fsyncSync(file);
    closeSync(file);
    renameSync(`${path}.next`, path);
    fsyncSync(directory);
  }
  closeSync(directory);
  return performance.now() - begin;
}

/** The same, 64 at once on sixteen threads. Milliseconds. */
function rawWritesAtOnce(base: string, round: number): number {
  const program = join(import.meta.dirname, "raw-at-once.ts");
  const env = { PATH: process.env["PATH"], UV_THREADPOOL_SIZE: "16" };
  return Number(execFileSync(process.execPath, [program, join(base, `at-once-${round}`)], { env, encoding: "utf8" }));
}

/** Whole rotations a second, start and end of the process included, against raw durable writes; and how often the disk is waited for. */
export async function measureDurable(bench: Bench): Promise<readonly Row[]> {
  const rounds = Math.max(1, Math.ceil(bench.rounds / 7));
  const ratios: number[] = [];
  const atOnce: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const fleet = fleetOf(1_000, { ...bench, base: folderIn(bench.base, `durable-${round}`) });
    const [raw, rawAtOnce] = [rawWrites(bench.base, round), rawWritesAtOnce(bench.base, round)];
    const ours = costOf(fleet.job("run", "--concurrency", "64")).wall;
    ratios.push(raw / ours);
    atOnce.push(rawAtOnce / ours);
  }
  const rows: Row[] = [
    {
      measured: "1,000 durable credentials, 64 at once",
      against: "1,000 raw durable files in a row, per second",
      figure: medianOf(ratios),
      goal: { least: 1.3 },
      floor: "1.5 to 3.8",
    },
    {
      measured: "1,000 durable credentials, 64 at once",
      against: "1,000 raw durable files, 64 at once, per second",
      figure: medianOf(atOnce),
      goal: { least: 0.65 },
      floor: "0.7 to 0.94",
    },
  ];
  for (const [at, most] of [
    [64, 1.2],
    [16, 1.6],
  ] as const) {
    const syncs = syncsOf(bench, at);
    if (syncs !== undefined)
      rows.push({
        measured: `syncs of a rotation, ${at} at once`,
        against: "calls",
        figure: syncs,
        goal: { most },
        floor: "1",
      });
  }
  return rows;
}

function folderIn(base: string, name: string): string {
  const folder = join(base, name);
  mkdirSync(folder);
  return folder;
}

/** By strace; undefined without it. */
function syncsOf(bench: Bench, atOnce: number): number | undefined {
  if (findProgram("strace") === undefined) return undefined;
  const fleet = fleetOf(1_000, { ...bench, base: folderIn(bench.base, `syncs-${atOnce}`) });
  const { argv, cwd, env } = fleet.job("run", "--concurrency", String(atOnce));
  const log = join(bench.base, `syncs-${atOnce}.txt`);
  const traced = ["-f", "-qq", "-e", "trace=fsync,fdatasync", "-o", log, ...argv];
  const { status } = spawnSync("strace", traced, { cwd, env, stdio: "ignore" });
  if (status !== 0 || !existsSync(log)) return undefined;
  return (
    readFileSync(log, "utf8")
      .split("\n")
      .filter((line) => /fsync\(|fdatasync\(/.test(line)).length / 1_000
  );
}
