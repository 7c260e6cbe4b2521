import { heldBackIn, othersOf, withHeldBack } from "../engine/held-back.ts";
import type { EngineParts } from "../engine/reports.ts";
import { tick } from "../engine/tick.ts";
import type { OnEvent } from "../events.ts";
import type { Rotation } from "../loading/model.ts";
import type { RotationReport } from "../report.ts";
import { clockMark } from "../rotation/moment.ts";
import type { Alarms } from "./alarms.ts";
import type { RotationDeps } from "../rotation/session.ts";
import { createLookouts, type Lookouts } from "./lookouts.ts";
import type { Troubles } from "./trouble.ts";

/** The work of a daemon on the rotations of one spec. */
export interface Rounds {
  /** Looks at what may stand otherwise than before, and starts what is due. Throws when the state cannot be read. */
  readonly startDue: () => Promise<void>;
  /** ms until something has to be looked at. */
  readonly untilNext: () => number;
  /** What failed may go well now: it is looked at again. */
  readonly reconsider: () => void;
  /** An errand was run: what it has written is looked at, whatever a tick could not help before. */
  readonly visited: () => void;
  /** Has anything begun that has not ended? */
  readonly isWorking: () => boolean;
  /** Waits for what has begun. */
  readonly drain: () => Promise<void>;
}

/** The rotations of one spec, and what outlives a reload of it. */
export interface RoundsOptions {
  readonly parts: EngineParts;
  readonly rotations: readonly Rotation[];
  /** They are all of the spec: what is beside them is looked at as well. */
  readonly isWhole: boolean;
  readonly concurrency: number;
  readonly alarms: Alarms;
  readonly troubles: Troubles;
  /** What the rotations warned of, each thing once until it is gone. */
  readonly warnings: Warnings;
  /** Drain: what has begun is finished, nothing new begins. */
  readonly signal: AbortSignal;
  /** Something has ended. */
  readonly done: () => void;
}

/** Never one long timer: clocks jump and machines sleep. ms */
export const longestSleep = 30_000;
/** How often the sinks are looked at for changes by hand. ms */
const observeEvery = 5 * 60_000;
/** So much more than it was awake for. ms */
const asleep = 5_000;
/** Between two notes of the time, ms: what follows within it says nothing new. */
const noteEvery = 1_000;

/** Starts with nothing known: the first look is at everything, sinks included. */
export function createRounds(options: RoundsOptions): Rounds {
  const { parts, rotations, troubles, signal, alarms } = options;
  const { runtime, clock, entries, host, store } = parts.deps;
  const names = new Set(rotations.map(({ name }) => name));
  const lookouts = createLookouts(rotations, { clock, runtime });
  let { deps } = parts;
  const ticks = new Set<Promise<void>>();
  let observedAt = -Infinity;
  let notedAt = -Infinity;
  let last = { time: clock.now(), awake: runtime.monotonic(), ahead: NaN, doubt: NaN };
  let held: readonly string[] = [];
  let shared = { since: -Infinity };
  let isVisited = false;

  /** More time than this process was awake for says that the machine had slept. A clock that leaped moves whatever was counted on it. */
  async function noteTime(): Promise<void> {
    const note = clock.note();
    const now = { time: note.time, awake: runtime.monotonic(), ...clockMark(note) };
    const slept = now.time - last.time > now.awake - last.awake + asleep;
    if (slept) entries?.woke(now.time);
    if (slept || now.doubt !== last.doubt || now.ahead !== last.ahead) lookouts.askAll();
    last = now;
    if (now.awake - notedAt < noteEvery) return;
    notedAt = now.awake;
    await host.noteClock?.(note);
  }

  /** What a list holds back, until the list is put right or what it lost is forgotten. */
  async function holdBack(): Promise<void> {
    const now = new Map((await heldBackIn(parts)).map((by) => [`list ${by.family}`, by]));
    for (const key of held) if (!now.has(key)) troubles.over(key);
    for (const [key, by] of now) troubles.raise(key, by);
    if (now.size > 0 || held.length > 0) lookouts.askAll();
    held = [...now.keys()];
    deps = await withHeldBack(parts);
  }

  async function lookBeside(): Promise<void> {
    const others = options.isWhole ? await othersOf(parts) : [];
    await alarms.check({ rotations: [], others }, deps);
    const beside = new Set(others.map(({ name }) => name));
    alarms.dropAllBut((name) => names.has(name) || beside.has(name));
  }

  /** What is seen of a place serves those who come within the same half minute. */
  function together(): object {
    const now = runtime.monotonic();
    if (now - shared.since >= longestSleep) shared = { since: now };
    return shared;
  }

  return {
    async startDue() {
      await noteTime();
      const observe = runtime.monotonic() - observedAt >= observeEvery;
      const changed = await store.changed();
      if (changed === undefined) lookouts.askAll();
      else if (isVisited) lookouts.askAnew(changed);
      else lookouts.ask(changed);
      isVisited = false;
      if (observe || held.length > 0) await holdBack();
      if (observe || [...(changed ?? [])].some((name) => !names.has(name))) await lookBeside();
      if (observe) lookouts.askSinks();
      if (observe) observedAt = runtime.monotonic();
      await lookouts.look(deps, (presents) => alarms.check({ rotations: presents }, deps));
      if (signal.aborted) return;
      const batch = lookouts.next(options.concurrency);
      if (batch.length === 0) return;
      const tickDeps = { ...deps, tick: together() };
      const done = work(batch, { ...options, deps: tickDeps, lookouts }).finally(() => ticks.delete(done));
      ticks.add(done);
    },
    untilNext: () => Math.min(lookouts.untilNext(), longestSleep),
    reconsider: lookouts.askFailing,
    visited: () => void (isVisited = true),
    isWorking: () => ticks.size > 0,
    drain: async () => void (await Promise.all(ticks)),
  };
}

interface Working extends RoundsOptions {
  readonly deps: RotationDeps;
  readonly lookouts: Lookouts;
}

/** A rotation that takes long does not keep the others of its batch from their next time. */
async function work(batch: readonly Rotation[], working: Working): Promise<void> {
  const { deps, lookouts, troubles, warnings, concurrency, signal, done } = working;
  lookouts.begin(batch);
  const left = new Set(batch);
  function leave(rotation: Rotation): void {
    left.delete(rotation);
    done();
  }
  function onDone(rotation: Rotation, report: RotationReport): void {
    troubles.over(rotation.name);
    warnings.tell(report);
    lookouts.end(rotation, report.phases.length > 0 ? "helped" : "idle");
    if (issued(report)) lookouts.succeeded(rotation.provider.name);
    leave(rotation);
  }
  /** Whatever ended it: it is left alone for a while, and looked at again. */
  function onFailed(rotation: Rotation, error: unknown): void {
    troubles.raise(rotation.name, error);
    lookouts.end(rotation, troubles.pauseOf(rotation.name));
    leave(rotation);
  }
  const how = { concurrency, signal, retryFor: 0, lockTimeout: 30_000, comesBack: true };
  try {
    await tick(batch, deps, { ...how, onDone, onFailed });
  } catch (error) {
    for (const rotation of left) onFailed(rotation, error);
  }
}

function issued({ phases }: RotationReport): boolean {
  return phases.some(({ phase, result }) => (phase === "mint" || phase === "renew") && result === "succeeded");
}

/** Tells what rotations warn of, as `run` does at its end; the same again only after an attempt that had nothing of it. */
export interface Warnings {
  readonly tell: (report: RotationReport) => void;
}

/** In memory: a new daemon tells each warning again. */
export function createWarnings(emit: OnEvent): Warnings {
  const told = new Map<string, readonly string[]>();
  return {
    tell({ name, warnings = [], phases }) {
      const before = told.get(name) ?? [];
      told.set(name, phases.length > 0 ? warnings : [...new Set([...before, ...warnings])]);
      for (const message of warnings) if (!before.includes(message)) emit({ type: "warning", rotation: name, message });
    },
  };
}
