/** A week in minutes, with real processes: kills, saves, a sleep, steps of the clock and an issuer that is away for three lives. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { createReceiver } from "./receiver.ts";
import { createStage, type Stage } from "./stage.ts";
import { sample, type Sample } from "./views.ts";

export interface ProcessesOptions {
  readonly rotations: number;
  /** Of each token, ms; all of it takes some ten of them. */
  readonly life: number;
  readonly kills: number;
  readonly seed: number;
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

/** 0 ≤ x < 1, the same for the same seed (mulberry32). */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function isWell({ rotations }: Sample): boolean {
  return rotations.every(({ exit }) => exit === 0);
}

/** Which rotation a line is about. */
function named(line: string): string {
  return line.split(":")[0]!;
}

/** Plays it, and gives the figures. */
export async function runProcesses(options: ProcessesOptions): Promise<ProcessesFigures> {
  const { rotations, life, kills, seed, onSay: say = () => undefined } = options;
  const folder = mkdtempSync(join(tmpdir(), "rotate-alarms-"));
  const random = chance(seed);
  const untrue: string[] = [];
  const missing: string[] = [];
  const differing: string[] = [];
  const counts = { samples: 0, compared: 0, kills: 0, saves: 0 };
  /** Something is wrong, or was until a life ago. */
  let troubledUntil = Infinity;
  let stage: Stage | undefined;
  const receiver = await createReceiver((name, step) => {
    const left = stage?.leftOf(name) ?? 0;
    const isDire = step === "expired" || step === "expiring";
    // A machine that is too busy to start a daemon within a life lets credentials end, and that is to be said.
    if (isDire ? left < 0.6 * life || troubledUntil === Infinity : Date.now() < troubledUntil) return;
    untrue.push(`${name} is said to be ${step}, with ${Math.round(left / second)} s left and all well`);
  });
  stage = await createStage({ folder, rotations, life, receiver: receiver.url });
  const { start, kill, save, setClock, signal, issuer } = stage;
  const saving = setInterval(() => {
    save();
    counts.saves++;
  }, second);

  async function look(): Promise<Sample> {
    let seen = await sample(stage!);
    // What moved while it was asked after may have moved there and back.
    const again = seen.differing.length > 0 ? await sample(stage!) : seen;
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

  /** Until nobody is believed to be otherwise than `status` says; what still differs is missing. */
  async function told(within: number, isDone: (seen: Sample) => boolean): Promise<void> {
    const limit = Date.now() + within;
    for (;;) {
      const seen = await look();
      const wrong = seen.rotations.filter(({ name, alarm }) => alarm !== receiver.beliefs.get(name));
      if (wrong.length === 0 && isDone(seen)) return;
      if (Date.now() > limit)
        return void missing.push(
          ...wrong.map(
            ({ name, alarm }) => `${name} is ${alarm ?? "well"}, told ${receiver.beliefs.get(name) ?? "well"}`,
          ),
          ...(isDone(seen) ? [] : ["it does not settle"]),
        );
      await setTimeout(2 * second);
    }
  }

  try {
    await start();
    await told(toldWithin, isWell);
    troubledUntil = 0;
    say(`all ${rotations} are minted`);
    await pass(1.5, 0.15);
    troubledUntil = Infinity;
    let clockSet = true;
    for (const ahead of [7_200, -1_800, 864_000, 0]) {
      clockSet = setClock(ahead) && clockSet;
      await pass(0.4, 0.05);
    }
    await told(wellWithin, isWell);
    troubledUntil = Date.now() + life;
    say(`the clock was set; ${receiver.counts.messages} messages`);
    await pass(1.5, 0.15);
    troubledUntil = Infinity;
    issuer.faults.always("*", seed % 2 === 0 ? "drop" : { status: 503, body: "sealed" });
    await pass(3, 0.3);
    await told(toldWithin, ({ rotations: all }) => all.every(({ exit }) => exit !== 0));
    say(`the issuer was away; ${receiver.beliefs.size} are believed to be in trouble`);
    issuer.faults.clear();
    await pass(1, 0.1);
    await told(wellWithin, isWell);
    say(`all is well again; ${receiver.counts.messages} messages`);
    signal("SIGSTOP");
    const asked = Date.now();
    await stage.rotate("status", "--json");
    const askedAsleep = Date.now() - asked;
    await setTimeout(Math.max(0, 1.5 * life - askedAsleep));
    signal("SIGCONT");
    await pass(0.5, 0.05);
    await told(wellWithin, isWell);
    troubledUntil = Date.now() + life;
    await pass(1.5, 0.05);
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
