import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { postgresUnavailable } from "@rotate/doubles";
import { costOf } from "./cost.ts";
import { seenOf, settled } from "./daemon.ts";
import { medianOf } from "./measure.ts";
import type { Bench, Row } from "./section.ts";
import { createGround, type Ground, type Said, type Worker } from "./shared-ground.ts";

const second = 1_000;
const hour = 3_600 * second;
const workers = 2;
/** Cycles, and jobs that do nothing, of one round. */
const played = 10_000;
const rounds = 3;
const heartbeat = 10 * second;
const dueEachSecond = 400;
const lateFor = 30;

/** The shared state on a PostgreSQL that syncs: how much of what its queue can do is left, and what a fleet costs at rest. */
export async function measureShared(bench: Bench): Promise<readonly Row[] | string> {
  const unavailable = postgresUnavailable();
  if (unavailable !== undefined) return unavailable;
  if (process.platform !== "linux") return "needs /proc";
  const rows = await ofFleet(100_000, bench);
  return bench.long ? [...rows, ...(await ofFleet(1_000_000, bench))] : rows;
}

async function ofFleet(count: number, bench: Bench): Promise<readonly Row[]> {
  const ground = await createGround();
  const all = count + 2 * rounds * played + dueEachSecond * lateFor + 1;
  const many = count.toLocaleString("en");
  try {
    await ground.seed(all);
    const idle = await atRest(ground, all); // before anything leaves work for its vacuum
    const throughput = await ratios(ground, { count, all });
    const late = await lateness(ground, { from: count + 2 * rounds * played, all });
    const rows: readonly Row[] = [
      {
        measured: `a cycle of one of ${many} in PostgreSQL`,
        against: "pg-boss's jobs that do nothing",
        figure: throughput.cycle,
        goal: { least: 0.25 },
        floor: "0.22 to 0.31",
      },
      {
        measured: `the same of ${many}, asked before each act whether its claim stands`,
        against: "pg-boss's jobs that do nothing",
        figure: throughput.guarded,
      },
      { measured: `pg-boss's jobs that do nothing, beside ${many}`, against: "each second", figure: throughput.base },
      {
        measured: `PostgreSQL at rest, ${workers} workers, ${many}`,
        against: "% of a core",
        figure: idle,
        goal: { most: 1 },
        floor: "0.5",
      },
      {
        measured: `${dueEachSecond} of ${many} due each second, lateness p99`,
        against: "ms",
        figure: late[Math.floor(late.length * 0.99)] ?? Number.NaN,
        goal: { most: 1_000 },
        floor: "930",
      },
    ];
    if (count > 100_000) return rows;
    return [...rows, await takeover(ground, all), await memory(bench, ground)];
  } finally {
    await ground.close();
  }
}

interface Size {
  /** Those that rest. */
  readonly count: number;
  /** Those that the workers' spec has. */
  readonly all: number;
}

/** Until so many are settled: how many a second. From the first that is taken, or settled, to the last. */
async function rateOf(group: readonly Worker[], wanted: number): Promise<number> {
  const seen = (): readonly Said[] => group.flatMap(({ said }) => said).filter(({ ready }) => ready === undefined);
  const done = (): number => seen().reduce((sum, said) => sum + (said.done ?? 0), 0);
  while (done() < wanted) await sleep(50);
  const times = seen().map(({ at }) => at);
  return done() / ((Math.max(...times) - Math.min(...times)) / second);
}

async function withWorkers<T>(group: readonly Worker[], work: () => Promise<T>): Promise<T> {
  try {
    await Promise.all(group.map((worker) => worker.heard(({ ready }) => ready === true)));
    return await work();
  } finally {
    await Promise.all(group.map((worker) => worker.end()));
  }
}

function team(ground: Ground, options: Parameters<Ground["start"]>[0]): readonly Worker[] {
  return Array.from({ length: workers }, () => ground.start(options));
}

async function ratios(
  ground: Ground,
  { count, all }: Size,
): Promise<{ readonly base: number; readonly cycle: number; readonly guarded: number }> {
  const bases: number[] = [];
  const cycles: number[] = [];
  const guarded: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const first = count + 2 * round * played;
    await ground.seedIdle(played);
    const idle = team(ground, { mode: "noop", count: 0 });
    const base = await withWorkers(idle, () => rateOf(idle, played));
    bases.push(base);
    cycles.push((await cyclesOf(ground, { first, all, guards: false })) / base);
    guarded.push((await cyclesOf(ground, { first: first + played, all, guards: true })) / base);
  }
  return { base: medianOf(bases), cycle: medianOf(cycles), guarded: medianOf(guarded) };
}

async function cyclesOf(
  ground: Ground,
  { first, all, guards }: { readonly first: number; readonly all: number; readonly guards: boolean },
): Promise<number> {
  await ground.makeDue(first, first + played, () => Date.now() - second);
  const group = team(ground, { mode: "cycle", count: all, guards });
  return withWorkers(group, () => rateOf(group, played));
}

/** % of a core that the server uses while nothing is due. */
async function atRest(ground: Ground, all: number): Promise<number> {
  const group = team(ground, { mode: "cycle", count: all });
  return withWorkers(group, async () => {
    await ground.sql.query("checkpoint");
    await sleep(15 * second);
    const before = ground.spent();
    await sleep(60 * second);
    return ((ground.spent() - before) / 60) * 100;
  });
}

/** ms between due and claimed; sorted. */
async function lateness(
  ground: Ground,
  { from, all }: { readonly from: number; readonly all: number },
): Promise<readonly number[]> {
  const wanted = dueEachSecond * lateFor;
  const group = team(ground, { mode: "cycle", count: all });
  return withWorkers(group, async () => {
    const begin = Date.now() + 10 * second;
    const dueOf = (at: number): number => begin + ((at - from) * second) / dueEachSecond;
    await ground.makeDue(from, from + wanted, dueOf);
    await rateOf(group, wanted);
    const took = group
      .flatMap(({ said }) => said)
      .flatMap(({ at, took: names = [] }) => names.map((name) => ({ at, name })));
    const numbers = took.map(({ at, name }) => ({ at, number: Number(name.slice(1)) }));
    const own = numbers.filter(({ number }) => number >= from && number < from + wanted);
    return own.map(({ at, number }) => Math.max(0, at - dueOf(number))).toSorted((a, b) => a - b);
  });
}

/** From the death of a worker until another has what it had. */
async function takeover(ground: Ground, all: number): Promise<Row> {
  const times: number[] = [];
  const heir = ground.start({ mode: "cycle", count: all });
  return withWorkers([heir], async () => {
    for (let nth = 0; nth < 3; nth++) {
      await sleep(heartbeat);
      times.push(await onceTaken(ground, heir, { number: all - 1, all }));
    }
    return {
      measured: "what a dead worker had is taken over",
      against: "its heartbeat",
      figure: medianOf(times) / heartbeat,
      goal: { most: 1.15 },
      floor: "1.06",
    };
  });
}

async function onceTaken(
  ground: Ground,
  heir: Worker,
  { number, all }: { readonly number: number; readonly all: number },
): Promise<number> {
  heir.process.kill("SIGSTOP");
  const holder = ground.start({ mode: "hold", count: all });
  await holder.heard(({ ready }) => ready === true);
  await ground.makeDue(number, number + 1, () => 1);
  await holder.heard(({ took }) => took !== undefined);
  heir.process.kill("SIGCONT");
  // The holder says each three seconds that it lives; the heir trusts what it sees after seven.
  await sleep(heartbeat);
  const died = Date.now();
  holder.process.kill("SIGKILL");
  const { at } = await heir.heard((said) => said.at > died && said.took?.includes(`r${number}`) === true);
  return at - died;
}

const kept = 10_000;

/** What a `rotate watch` of the package holds while its 10,000 rotations rest in the database. */
async function memory({ base, program }: Bench, { url, sql }: Ground): Promise<Row> {
  const folder = join(base, "watch");
  mkdirSync(folder);
  writeFileSync(join(folder, "key"), randomBytes(32).toString("base64"), { mode: 0o600 });
  const names = Array.from({ length: kept }, (_, at) => `m${at}`);
  writeFileSync(join(folder, "rotate.json"), specOf(names));
  const state = join(folder, "state");
  const env = { PATH: process.env["PATH"], HOME: folder, ROTATE_STATE_DIR: state, ROTATE_DB: url, TOKEN: "none" };
  costOf({ argv: [process.execPath, program, "state", "upgrade", "-f", "rotate.json"], cwd: folder, env });
  await sql.query("insert into rotate.rotation (spec, name, due) select 'memory', unnest($1::text[]), $2", [
    names,
    Date.now() + hour,
  ]);
  const daemon = spawn(process.execPath, [program, "watch", "-f", "rotate.json"], {
    cwd: folder,
    env,
    stdio: "ignore",
  });
  try {
    await settled(daemon.pid!);
    return {
      measured: `memory of a worker with ${kept.toLocaleString("en")} in PostgreSQL`,
      against: "MB",
      figure: seenOf(daemon.pid!).resident / 1e6,
      goal: { most: 120 },
      floor: "63",
    };
  } finally {
    daemon.kill();
    if (daemon.exitCode === null) await once(daemon, "exit");
  }
}

function rotationOf(name: string): object {
  return {
    provider: "issuer",
    moves: true,
    request: { path: "database/creds/app", fields: { username: "username", password: "password" } },
    sinks: [{ type: "dotenv", path: `${name}.env`, values: { DB_USER: "{{ username }}" } }],
  };
}

function specOf(names: readonly string[]): string {
  const auth = { method: "token", token: { env: "TOKEN" } };
  return JSON.stringify({
    version: 1,
    name: "memory",
    state: { type: "postgres", url: { env: "ROTATE_DB" }, key: { file: "key" } },
    providers: { issuer: { type: "vault", address: "https://vault.example", auth } },
    rotations: Object.fromEntries(names.map((name) => [name, rotationOf(name)])),
  });
}
