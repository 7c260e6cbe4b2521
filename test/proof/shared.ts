/**
 * Workers on one PostgreSQL, killed, stopped and continued, with their database away or crashing: what no consumer may ever see, and what must be there at the end.
 * `npm run proof:shared -- [--workers 3] [--rotations 12] [--life 180] [--minutes 10 | --kills 1000] [--phases] [--seed 1]`: with `--kills` it ends
 * after so many, with `--phases` each kill waits for a worker that is at one of the phases of an attempt, by turns. Seeds are printed; ends with 1 when a promise is broken. On a
 * machine that is too busy to start a worker and to rotate within a third of the life, credentials expire: that is told apart from one that was revoked while it was held.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { audit, startJudge } from "./shared/judge.ts";
import { createFleet, drain, kill, type Fleet, type Worker } from "./shared/world.ts";

const { values } = parseArgs({
  options: {
    workers: { type: "string", default: "3" },
    rotations: { type: "string", default: "12" },
    life: { type: "string", default: "180" },
    minutes: { type: "string", default: "10" },
    kills: { type: "string" },
    phases: { type: "boolean", default: false },
    seed: { type: "string", default: String(Math.floor(Math.random() * 1e9)) },
  },
});
const [count, rotations, life, minutes, seed] = [
  values.workers,
  values.rotations,
  values.life,
  values.minutes,
  values.seed,
].map(Number) as [number, number, number, number, number];
const second = 1_000;

function say(text: string): void {
  process.stdout.write(`${new Date().toISOString()} ${text}\n`);
}

/** 0 ≤ x < 1, the same for the same seed (mulberry32). */
function chance(from: number): () => number {
  let state = from;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Campaign {
  readonly fleet: Fleet;
  readonly workers: Worker[];
  readonly random: () => number;
}

/** Of an attempt, as the state names them. */
const phases = ["intent", "minted", "prepared", "committing"];
/** So long it is waited for one at a phase, ms. */
const patience = 30_000;
let nextPhase = 0;

/** Whoever is at the phase whose turn it is; undefined: nobody came to it. */
async function whoIsAt({ fleet, workers }: Campaign, phase: string): Promise<number | undefined> {
  const sql = await fleet.postgres.connect();
  sql.on("error", () => undefined);
  try {
    for (const until = Date.now() + patience; Date.now() < until; await setTimeout(10)) {
      const text =
        "select holder from rotate.rotation where claim is not null and state->'attempt'->>'phase' = $1 limit 1";
      const { rows } = await sql.query<{ holder: string }>(text, [phase]);
      const at = workers.findIndex(({ name }) => rows[0]?.holder.startsWith(`${name} `));
      if (at >= 0) return at;
    }
    return undefined;
  } finally {
    await sql.end().catch(() => undefined);
  }
}

async function killAtPhase(campaign: Campaign): Promise<string> {
  const { fleet, workers } = campaign;
  const phase = phases[nextPhase++ % phases.length]!;
  const at = await whoIsAt(campaign, phase);
  if (at === undefined) return `nobody came to ${phase}`;
  const one = workers[at]!;
  await kill(one);
  workers[at] = fleet.start(one.name);
  return `killed ${one.name} at ${phase}`;
}

type Fault = (campaign: Campaign) => Promise<string>;

function pick<T>(from: readonly T[], random: () => number): { readonly one: T; readonly at: number } {
  const at = Math.floor(random() * from.length);
  return { one: from[at]!, at };
}

async function killOne({ fleet, workers, random }: Campaign): Promise<string> {
  const { one, at } = pick(workers, random);
  await kill(one);
  workers[at] = fleet.start(one.name);
  return `killed ${one.name}`;
}

/** For longer than its claims last: it wakes to find that they are another's. */
async function stopOne({ workers, random }: Campaign): Promise<string> {
  const { one } = pick(workers, random);
  const pause = 8 + random() * 10;
  one.process.kill("SIGSTOP");
  await setTimeout(pause * second);
  one.process.kill("SIGCONT");
  return `stopped ${one.name} for ${pause.toFixed(1)} s`;
}

async function cutOff({ fleet, random }: Campaign): Promise<string> {
  const { one: pause } = pick([2, 5, 12], random);
  fleet.gate.shut();
  await setTimeout(pause * second);
  fleet.gate.open();
  return `the database was out of reach for ${pause} s`;
}

/** One backend that dies by SIGKILL takes all sessions with it, and the server recovers from its log. */
async function crashDatabase({ fleet }: Campaign): Promise<string> {
  const victim = await fleet.postgres.connect();
  victim.on("error", () => undefined);
  const { rows } = await victim.query<{ pid: number }>("select pg_backend_pid() as pid");
  process.kill(rows[0]!.pid, "SIGKILL");
  await setTimeout(3 * second);
  return "the database crashed";
}

const faults: readonly { readonly fault: Fault; readonly weight: number }[] = [
  { fault: values.phases ? killAtPhase : killOne, weight: 6 },
  { fault: stopOne, weight: 3 },
  { fault: cutOff, weight: 1 },
  { fault: crashDatabase, weight: 1 },
];

function anyFault(random: () => number): Fault {
  const all = faults.flatMap(({ fault, weight }) => Array.from({ length: weight }, () => fault));
  return pick(all, random).one;
}

async function play(fleet: Fleet): Promise<boolean> {
  const workers = Array.from({ length: count }, (_, at) => fleet.start(`w${at}`));
  await untilAll(fleet);
  say(
    `all ${rotations} are rotated; ${values.kills === undefined ? `${minutes} minutes` : `${values.kills} kills`} of faults begin`,
  );
  const judge = startJudge(fleet, life);
  const random = chance(seed);
  const until = Date.now() + minutes * 60 * second;
  const told = new Map<string, number>();
  let played = 0;
  const kills = values.kills === undefined ? undefined : Number(values.kills);
  let killed = 0;
  while (kills === undefined ? Date.now() < until : killed < kills) {
    const what = await anyFault(random)({ fleet, workers, random });
    played += 1;
    if (what.startsWith("killed")) killed += 1;
    const kind = what.replaceAll(/ w\d+| for .*/g, "");
    told.set(kind, (told.get(kind) ?? 0) + 1);
    if (played % 10 === 0) say(`${played} faults, ${fleet.vault.issued.length} mints`);
    await setTimeout((4 + random() * 8) * second);
  }
  await setTimeout(life * second * 0.6);
  await Promise.all(workers.map(drain));
  const verdict = await judge.stop();
  const sql = await fleet.postgres.connect(); // a crash took the session of whoever looked before as well
  const found = await audit({ ...fleet, sql }, life);
  await sql.end();
  for (const [kind, times] of told) say(`${kind}: ${times}`);
  const { looks, revoked, expired } = verdict;
  say(`looks at what consumers and sinks hold: ${looks}; revoked: ${revoked.length}; expired: ${expired.length}`);
  say(`mints: ${found.mints}, rotated: ${found.rotated}, double: ${found.double.length}, lost: ${found.lost.length}`);
  say(`unfinished: ${found.unfinished.length}; values in the database: ${found.leaked}`);
  const broken = [...revoked, ...expired, ...found.double, ...found.lost, ...found.unfinished];
  for (const each of broken) say(`  ${each}`);
  return broken.length === 0 && found.leaked === 0;
}

async function untilAll(fleet: Fleet): Promise<void> {
  const until = Date.now() + 120 * second;
  while (fleet.held().length < rotations * 3) {
    if (Date.now() > until) throw new Error("the fleet did not begin");
    await setTimeout(200);
  }
}

say(`${count} workers, ${rotations} rotations of ${life} s, ${minutes} minutes, seed ${seed}`);
const folder = mkdtempSync(join(tmpdir(), "rotate-shared-"));
const fleet = await createFleet({ folder, rotations, life });
fleet.sql.on("error", () => undefined);
try {
  if (!(await play(fleet))) process.exitCode = 1;
} finally {
  await fleet.close();
}
