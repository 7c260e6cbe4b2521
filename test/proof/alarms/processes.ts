/** A week in minutes, with real processes: kills, saves, a sleep, steps of the clock and an issuer that is away for three lives. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { drawnBy } from "../../../packages/cli/src/week/drawn.ts";
import { createJudge } from "./judge.ts";
import { createReceiver } from "./receiver.ts";
import { createStage, type Stage } from "./stage.ts";
import { pageRows, sample, type Row, type Sample } from "./views.ts";

/** What is done to the machine, each after a quiet time. */
const all = ["clock", "outage", "sleep"] as const;

export interface ProcessesOptions {
  readonly rotations: number;
  /** Of each token, ms; all of it takes some thirteen of them. */
  readonly life: number;
  /** Through all of it. */
  readonly kills: number;
  readonly seed: number;
  /** Default: all. */
  readonly acts?: readonly (typeof all)[number][];
  /** Lives of a quiet time. Default: 1.25. */
  readonly quiet?: number;
  readonly onSay?: (line: string) => void;
}

export interface ProcessesFigures {
  readonly messages: number;
  readonly toldAgain: number;
  readonly toldTwice: number;
  readonly missing: readonly string[];
  readonly untrue: readonly string[];
  readonly samples: number;
  readonly compared: number;
  readonly differing: readonly string[];
  readonly kills: number;
  readonly saves: number;
  readonly mints: number;
  /** The longest that somebody waited for an answer while the daemon slept, ms. */
  readonly askedAsleep: number;
  readonly clockSet: boolean;
}

const second = 1_000;
/** A change lasts ten seconds before it is told; a process that died while it told counts as dead after 25. */
const toldWithin = 90 * second;
/** What is better while others are not is told after five minutes. */
const wellWithin = 8 * 60 * second;

function isWell({ rotations }: Pick<Sample, "rotations">): boolean {
  return rotations.every(({ exit }) => exit === 0);
}

/** Which rotation a line is about. */
function named(line: string): string {
  return line.split(":")[0]!;
}

/** Plays it, and gives the figures. */
export async function runProcesses(options: ProcessesOptions): Promise<ProcessesFigures> {
  const { rotations, life, kills, seed, acts = all, quiet = 1.25, onSay: say = () => undefined } = options;
  const folder = mkdtempSync(join(tmpdir(), "rotate-alarms-"));
  const random = drawnBy(seed);
  const untrue: string[] = [];
  const missing: string[] = [];
  const differing: string[] = [];
  const counts = { samples: 0, compared: 0, kills: 0, saves: 0 };
  const surroundings = { calmFrom: Infinity, isClockSet: false };
  let stage: Stage | undefined;
  const judge = createJudge({ life, leftOf: (name) => stage?.leftOf(name), surroundings: () => surroundings });
  const receiver = await createReceiver((name, step) => {
    const falsehood = judge.falsehoodOf(name, step);
    if (falsehood !== undefined) untrue.push(falsehood);
  });
  stage = await createStage({ folder, rotations, life, receiver: receiver.url });
  const { start, kill, save, setClock, signal, issuer } = stage;
  const saving = setInterval(() => {
    save();
    counts.saves++;
  }, second);

  async function look(): Promise<Sample> {
    let seen = await sample(stage!, judge);
    // What moved while it was asked after may have moved there and back.
    const again = seen.differing.length > 0 ? await sample(stage!, judge) : seen;
    if (again !== seen) {
      const before = new Set(seen.differing.map(named));
      differing.push(...again.differing.filter((line) => before.has(named(line))));
      seen = again;
    }
    counts.samples++;
    counts.compared += seen.compared;
    return seen;
  }

  /** Lets lives pass, with their share of the kills, and a look after every tenth. */
  async function pass(lives: number, share: number): Promise<void> {
    const end = Date.now() + lives * life;
    for (let left = Math.round(kills * share); left > 0; left--) {
      const gap = Math.max(end - Date.now(), 0) / left;
      await setTimeout(gap * (0.5 + random() * 0.5));
      await kill();
      counts.kills++;
      await start();
      if (left % 10 === 0) await look();
    }
    await setTimeout(Math.max(0, end - Date.now()));
    await look();
  }

  function misbelieved(rows: readonly Row[]): readonly string[] {
    return rows.flatMap(({ name, alarm }) => {
      const belief = receiver.beliefs.get(name);
      return alarm === belief ? [] : [`${name} is ${alarm ?? "well"}, told ${belief ?? "well"}`];
    });
  }

  /** Until nobody is believed to be otherwise than `status` says; what still differs is missing. */
  async function told(within: number, isDone: (seen: Pick<Sample, "rotations">) => boolean): Promise<void> {
    const limit = Date.now() + within;
    for (; ; await setTimeout(second)) {
      const rows = [...(await pageRows(stage!)).values()];
      const isLate = Date.now() > limit;
      if (!isLate && (misbelieved(rows).length > 0 || !isDone({ rotations: rows }))) continue;
      const seen = await look();
      const wrong = misbelieved(seen.rotations);
      if (wrong.length === 0 && isDone(seen)) return;
      if (isLate) return void missing.push(...wrong, ...(isDone(seen) ? [] : ["it does not settle"]));
    }
  }

  /** All is well, and everybody knows. */
  async function settle(): Promise<void> {
    await told(wellWithin, isWell);
    surroundings.calmFrom = Date.now() + life;
    say(`all is well; ${receiver.counts.messages} messages, ${issuer.issued.length} mints, ${counts.kills} kills`);
  }

  let [clockSet, askedAsleep] = [true, 0];
  const play = {
    async clock() {
      surroundings.isClockSet = true;
      for (const ahead of [7_200, -1_800, 864_000, 0]) {
        clockSet = setClock(ahead) && clockSet;
        await pass(0.4, 0.05);
      }
      await told(wellWithin, isWell);
      surroundings.isClockSet = false;
    },
    async outage() {
      issuer.faults.always("*", seed % 2 === 0 ? "drop" : { status: 503, body: "sealed" });
      await pass(3, 0.3);
      await told(toldWithin, ({ rotations: rows }) => rows.every(({ alarm }) => alarm === "expired"));
      say(`the issuer was away; ${receiver.beliefs.size} are believed to be in trouble`);
      issuer.faults.clear();
      await pass(1, 0.1);
    },
    async sleep() {
      signal("SIGSTOP");
      const asked = Date.now();
      await stage.rotate("status", "--json");
      askedAsleep = Date.now() - asked;
      await setTimeout(Math.max(0, 1.5 * life - askedAsleep));
      signal("SIGCONT");
      await pass(0.5, 0.05);
    },
  };

  try {
    await start();
    await told(toldWithin, isWell);
    surroundings.calmFrom = 0;
    say(`all ${rotations} are minted`);
    for (const act of acts) {
      await pass(quiet, 0.1);
      surroundings.calmFrom = Infinity;
      await play[act]();
      await settle();
    }
    await pass(quiet, 0.05);
    await told(wellWithin, isWell);
    return {
      messages: receiver.counts.messages,
      toldAgain: receiver.counts.again,
      toldTwice: receiver.counts.twice,
      missing,
      untrue,
      differing,
      ...counts,
      mints: issuer.issued.length,
      askedAsleep,
      clockSet,
    };
  } finally {
    clearInterval(saving);
    await stage.close();
    receiver.close();
    if (missing.length + untrue.length + differing.length === 0) rmSync(folder, { recursive: true, force: true });
    else say(`kept: ${folder}`);
  }
}
