/**
 * Workers on one PostgreSQL, killed, stopped and continued, with their database away, restarted or crashing, in two versions of the spec, some behind PgBouncer, one with a
 * clock ten minutes ahead and one ten minutes behind: what no consumer may ever see, and what must be there at the end.
 * `npm run proof:shared -- [--workers 8] [--rotations 96] [--life 600] [--minutes 10 | --kills 1000] [--phases] [--only NAME] [--seed 1]`: with `--kills` it ends after so many;
 * with `--phases` each strikes a worker at the next moment of an attempt, `--only`: of one trouble or moment, by a part of its name. Seeds are printed; ends with 1 when a promise
 * is broken. Where no worker lived for half a minute of the nine tenths of a life in which its rotation was due, a credential expires: that is told apart from one that expired
 * though somebody was there.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createLives, type Lives } from "./shared/lives.ts";
import { audit, startJudge, unfinishedIn } from "./shared/judge.ts";
import { moments, strikeAt } from "./shared/moments.ts";
import { troubles } from "./shared/troubles.ts";
import { createFleet, end, type Fleet, type Worker } from "./shared/world.ts";
import { drawnBy } from "../../packages/cli/src/week/drawn.ts";

const { values } = parseArgs({
  options: {
    workers: { type: "string", default: "8" },
    rotations: { type: "string", default: "96" },
    life: { type: "string", default: "600" },
    minutes: { type: "string", default: "10" },
    pause: { type: "string", default: "1200" },
    kills: { type: "string" },
    phases: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 1e9)) },
  },
});
const { workers: count, rotations, life, minutes, pause, seed } = numbersOf(values);
const kills = values.kills === undefined ? Infinity : Number(values.kills);
const second = 1_000;
/** So long it is waited for one at a moment, ms. */
const patience = 1_500;

function numbersOf<Texts extends object>(texts: Texts): Record<keyof Texts, number> {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, Number(text)])) as Record<
    keyof Texts,
    number
  >;
}

function say(text: string): void {
  process.stdout.write(`${new Date().toISOString()} ${text}\n`);
}

interface Campaign {
  readonly fleet: Fleet;
  readonly workers: Map<string, Worker>;
  readonly random: () => number;
  readonly told: Map<string, number>;
  readonly lives: Lives;
  /** Those that sleep until they are continued. */
  readonly stopped: Set<string>;
}

function tell({ told }: Campaign, what: string): void {
  told.set(what, (told.get(what) ?? 0) + 1);
}

const chosen = moments.filter(({ name }) => name.includes(values.only));
const befalling = troubles.filter(({ name }) => name.includes(values.only));
let turn = 0;

/** Kills, or stops for longer than claims last: who is stopped wakes to find that they are another's. True: it was a kill. */
async function strike(campaign: Campaign): Promise<boolean> {
  const { fleet, workers, random, stopped } = campaign;
  const moment = values.phases && chosen.length > 0 ? chosen[turn++ % chosen.length] : undefined;
  const isStop = stopped.size < Math.floor(count / 3) && random() < 0.12;
  const signal = isStop ? "SIGSTOP" : "SIGKILL";
  const hit = (name: string): void => void workers.get(name)!.process.kill(signal);
  let name = moment && (await strikeAt(fleet, moment, { patience, random, strike: hit }));
  const where =
    moment === undefined ? "" : name === undefined ? ` (nobody came to: ${moment.name})` : ` ${moment.name}`;
  if (name === undefined) {
    name = [...workers.keys()][Math.floor(random() * workers.size)]!;
    hit(name);
  }
  tell(campaign, `${isStop ? "stopped" : "killed"}${where}`);
  campaign.lives.end(name);
  if (isStop) return sleeping(campaign, name);
  await end(workers.get(name)!, "SIGKILL");
  begin(campaign, name);
  return true;
}

function begin({ fleet, workers, lives }: Pick<Campaign, "fleet" | "workers" | "lives">, name: string): void {
  workers.set(name, fleet.start(name));
  lives.begin(name);
}

function sleeping({ workers, stopped, random, lives }: Campaign, name: string): false {
  const { process: child } = workers.get(name)!;
  stopped.add(name);
  async function wake(): Promise<void> {
    await setTimeout((8 + random() * 10) * second);
    child.kill("SIGCONT");
    stopped.delete(name);
    lives.begin(name);
  }
  void wake();
  return false;
}

/** As a service manager does. */
function revive(campaign: Campaign): void {
  for (const [name, { process: child }] of campaign.workers) {
    if (child.exitCode === null) continue;
    tell(campaign, `ended by itself with ${child.exitCode}`);
    begin(campaign, name);
  }
}

/** One trouble after the other, until it is over. */
async function trouble(campaign: Campaign, isOver: () => boolean): Promise<void> {
  for (let at = 0; !isOver() && befalling.length > 0; at++) {
    const { name, befall, isDeployment = false } = befalling[at % befalling.length]!;
    campaign.lives.endAll();
    await befall(campaign.fleet);
    // Who works by an earlier spec leaves it to those that start from now on.
    if (!isDeployment) for (const worker of campaign.workers.keys()) campaign.lives.begin(worker);
    tell(campaign, name);
    for (let waited = 0; waited < 40 && !isOver(); waited++) await setTimeout(second);
  }
}

async function play(fleet: Fleet): Promise<boolean> {
  const [workers, lives] = [new Map<string, Worker>(), createLives()];
  for (const name of fleet.wires.keys()) begin({ fleet, workers, lives }, name);
  await untilAll(fleet);
  const length = values.kills === undefined ? `${minutes} minutes` : `${kills} kills`;
  say(`all ${rotations} are rotated; ${length} of faults begin`);
  const judge = startJudge(fleet, lives, life);
  const random = drawnBy(seed);
  const campaign: Campaign = { fleet, workers, random, lives, told: new Map(), stopped: new Set() };
  const until = values.kills === undefined ? Date.now() + minutes * 60 * second : Infinity;
  let killed = 0;
  const isOver = (): boolean => killed >= kills || Date.now() >= until;
  const troubling = trouble(campaign, isOver);
  const isBare = values.only !== "" && chosen.length === 0;
  for (let played = 1; !isOver(); played++) {
    if (!isBare && (await strike(campaign))) killed += 1;
    revive(campaign);
    if (played % 25 === 0) say(`${killed} kills, ${fleet.vault.issued.length} mints, ${judge.told()}`);
    await setTimeout(random() * pause);
  }
  await troubling;
  return ended(campaign, judge);
}

async function ended(campaign: Campaign, judge: ReturnType<typeof startJudge>): Promise<boolean> {
  const { fleet, workers } = campaign;
  await untilFinished(fleet);
  await Promise.all([...workers.values()].map((worker) => end(worker, "SIGTERM")));
  const verdict = await judge.stop();
  const sql = await fleet.postgres.connect(); // a crash took the session of whoever looked before as well
  const found = await audit({ ...fleet, sql }, life);
  await sql.end();
  for (const [kind, times] of [...campaign.told].toSorted(([one], [other]) => (one < other ? -1 : 1)))
    say(`${kind}: ${times}`);
  const { looks, revoked, expired, unattended } = verdict;
  say(`looks at what consumers and sinks hold: ${looks}; revoked: ${revoked.length}; expired: ${expired.length}`);
  say(`expired, and no worker had lived for half a minute since it was due: ${unattended.length}`);
  say(`mints: ${found.mints}, rotated: ${found.rotated}, double: ${found.double.length}, lost: ${found.lost.length}`);
  say(`unfinished: ${found.unfinished.length}; values in the database: ${found.leaked}`);
  const broken = [...revoked, ...expired, ...found.double, ...found.lost, ...found.unfinished];
  for (const each of broken) say(`  ${each}`);
  return broken.length === 0 && found.leaked === 0;
}

/** What the last fault cut off is somebody's work, and in time. */
async function untilFinished(fleet: Fleet): Promise<void> {
  await setTimeout(20 * second);
  const sql = await fleet.postgres.connect();
  try {
    const until = Date.now() + life * second;
    while (Date.now() < until && (await unfinishedIn(sql)).length > 0) await setTimeout(second);
  } finally {
    await sql.end();
  }
}

async function untilAll(fleet: Fleet): Promise<void> {
  const until = Date.now() + 180 * second;
  while (fleet.held().length < rotations * 3) {
    if (Date.now() > until) throw new Error("the fleet did not begin");
    await setTimeout(200);
  }
}

say(`${count} workers, ${rotations} rotations of ${life} s, seed ${seed}`);
const folder = mkdtempSync(join(tmpdir(), "rotate-shared-"));
const clocks: readonly (string | undefined)[] = [undefined, "+10m", undefined, "-10m"];
const fleet = await createFleet({
  folder,
  rotations,
  life,
  workers: Array.from({ length: count }, (_, at) => ({
    name: `w${at}`,
    pooled: at % 2 === 1,
    ...(clocks[at] !== undefined && { clock: clocks[at] }),
  })),
});
fleet.sql.on("error", () => undefined);
try {
  if (!(await play(fleet))) process.exitCode = 1;
} finally {
  await fleet.close();
}
