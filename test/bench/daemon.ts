import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { costOf, statOf } from "./cost.ts";
import { type Fleet, fleetOf } from "./scale.ts";
import type { Bench, Row } from "./section.ts";

const second = 1_000;
const minute = 60 * second;
/** A daemon compares what the sinks hold every five minutes: what it uses at rest has one of those in it. */
const restFor = 6 * minute;

/** What `watch` holds and uses while nothing is due, and how late it is when much is. Linux only. */
export async function measureDaemon(bench: Bench): Promise<readonly Row[] | string> {
  if (process.platform !== "linux") return "needs /proc";
  const rows = await atRest(10_000, bench);
  if (!bench.long) return rows;
  return [...rows, ...(await atRest(100_000, bench)), ...(await whileMuchIsDue(bench))];
}

interface Seen {
  readonly resident: number;
  /** Seconds of CPU so far. */
  readonly cpu: number;
}

/** Of a process. Linux only. */
export function seenOf(pid: number): Seen {
  const [, pages = ""] = readFileSync(`/proc/${pid}/statm`, "utf8").split(" ");
  const fields = statOf(pid);
  return { resident: Number(pages) * 4_096, cpu: (Number(fields[11]) + Number(fields[12])) / 100 };
}

/** Does `measure` beside a daemon, which is ended whatever comes. */
async function beside<T>({ job }: Fleet, measure: (daemon: ChildProcess) => Promise<T>): Promise<T> {
  const { argv, cwd, env } = job("watch", "--log-level", "error");
  const daemon = spawn(argv[0]!, argv.slice(1), { cwd, env, stdio: "ignore" });
  try {
    return await measure(daemon);
  } finally {
    daemon.kill();
    if (daemon.exitCode === null) await once(daemon, "exit");
  }
}

/** Until it uses next to nothing: all is looked at, and what the start has taken is given back. */
export async function settled(pid: number): Promise<void> {
  for (let before = seenOf(pid).cpu, quiet = 0; quiet < 3;) {
    await sleep(10 * second);
    const { cpu } = seenOf(pid);
    quiet = cpu - before < 0.1 ? quiet + 1 : 0;
    before = cpu;
  }
}

async function atRest(count: number, bench: Bench): Promise<readonly Row[]> {
  const fleet = fleetOf(count, bench);
  costOf(fleet.job("run"));
  const bare = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)"]);
  try {
    return await beside(fleet, async ({ pid }) => {
      await settled(pid!);
      const before = seenOf(pid!);
      await sleep(restFor);
      const after = seenOf(pid!);
      const many = count.toLocaleString("en");
      return [
        {
          measured: `memory of \`watch\` with ${many}`,
          against: "bare Node",
          figure: after.resident / seenOf(bare.pid!).resident,
          goal: { most: count > 10_000 ? 2.7 : 1.9 },
          floor: count > 10_000 ? "2" : "1.7",
        },
        {
          measured: `idle \`watch\` with ${many}`,
          against: "% of a core",
          figure: ((after.cpu - before.cpu) / (restFor / second)) * 100,
          goal: { most: 0.05 },
          floor: "0.005",
        },
      ];
    });
  } finally {
    bare.kill();
  }
}

/** Of 100,000 tokens that live for 80 minutes and are refreshed after two thirds of that, up to a tenth sooner or later, some 42 fall due a second at the height. */
const life = 80 * minute;
const busyFor = 10 * minute;

async function whileMuchIsDue(bench: Bench): Promise<readonly Row[]> {
  const base = join(bench.base, "busy");
  mkdirSync(base);
  const fleet = fleetOf(100_000, { ...bench, base, life: `${life / second}s` });
  return beside(fleet, async ({ pid }) => {
    const state = join(fleet.cwd, "state/bench/state.db");
    while (!existsSync(state) || !isSettled(state)) await sleep(10 * second);
    const dues = dueTimes(state);
    const [from, before] = [Date.now(), seenOf(pid!)];
    await sleep(busyFor);
    const after = seenOf(pid!);
    const late = latenesses(state, dues, { from, to: Date.now() - 10 * second });
    return [
      {
        measured: "100,000 in `watch` for ten minutes, memory after",
        against: "before",
        figure: after.resident / before.resident,
        goal: { most: 1.1 },
        floor: "1",
      },
      { measured: "the same, fell due", against: "each second", figure: late.length / (busyFor / second) },
      {
        measured: "the same, lateness p99",
        against: "ms",
        figure: late[Math.floor(late.length * 0.99)] ?? Number.NaN,
        goal: { most: 500 },
        floor: "254",
      },
    ];
  });
}

/** Rows are what the text asks for. */
function asked(state: string, text: string, ...given: readonly number[]): readonly Readonly<Record<string, unknown>>[] {
  const database = new DatabaseSync(state, { readOnly: true });
  try {
    return database.prepare(text).all(...given);
  } finally {
    database.close();
  }
}

/** Has each its first token? */
function isSettled(state: string): boolean {
  const text = "select count(*) as count from rotations where json_extract(state, '$.settled') is not null";
  return Number(asked(state, text)[0]?.["count"]) >= 100_000;
}

/** When each is due, ms of rotation time: that is the wall's while nobody sets that. */
export function dueTimes(state: string): ReadonlyMap<string, number> {
  const rows = asked(state, "select name, due from rotations");
  return new Map(rows.map(({ name, due }) => [String(name), Number(due)]));
}

/** ms between when each was due within a span, and its intent to mint; sorted. What was not begun by the end of the span counts up to there. */
export function latenesses(
  state: string,
  dues: ReadonlyMap<string, number>,
  { from, to }: { readonly from: number; readonly to: number },
): readonly number[] {
  const text =
    'select rotation, min(at) as at from journal where at >= ? and record like \'{"type":"intent"%\' group by rotation';
  const begun = new Map(asked(state, text, from).map(({ rotation, at }) => [String(rotation), Number(at)]));
  const within = [...dues].filter(([, due]) => due >= from && due <= to);
  return within.map(([name, due]) => Math.max(0, (begun.get(name) ?? to) - due)).toSorted((a, b) => a - b);
}
