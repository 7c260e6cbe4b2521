import { heldBackIn, othersOf, withHeldBack } from "../engine/held-back.ts";
import type { EngineParts } from "../engine/reports.ts";
import { needsWork, presentAll, presentOf } from "../engine/quick-look.ts";
import { tick } from "../engine/tick.ts";
import type { OnEvent } from "../events.ts";
import type { Rotation } from "../loading/model.ts";
import { sharedReloads } from "../loading/shared-reloads.ts";
import type { RotationReport, RotationStatus } from "../report.ts";
import type { RotationDeps } from "../rotation/session.ts";
import type { Alarms } from "./alarms.ts";
import type { Troubles } from "./trouble.ts";

/** The work of a daemon on the rotations of one spec. */
export interface Rounds {
  /** Looks at everything, and starts what is due. Throws when the state cannot be read. */
  readonly startDue: () => Promise<void>;
  /** ms until the next rotation has to be looked at. */
  readonly untilNext: () => Promise<number>;
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
/** Between two looks at one rotation. ms */
const shortestPause = 250;

/** Starts with nothing known: the first look is at everything, sinks included. */
export function createRounds(options: RoundsOptions): Rounds {
  const { parts, rotations, troubles, signal } = options;
  const { runtime, clock, entries, host } = parts.deps;
  let { deps } = parts;
  const busy = new Set<Rotation>();
  const ticks = new Set<Promise<void>>();
  /** Monotonic ms: what a tick could not help is not tried again at once. */
  const restUntil = new Map<Rotation, number>();
  let observedAt = -Infinity;
  let last = { time: clock.now(), awake: runtime.monotonic() };
  let held: readonly string[] = [];
  let others: readonly RotationStatus[] = [];

  function restOf(rotation: Rotation): number {
    return (restUntil.get(rotation) ?? -Infinity) - runtime.monotonic();
  }

  /** Every look is noted. More time than this process was awake for says that the machine had slept. */
  async function noteTime(): Promise<void> {
    const now = { time: clock.now(), awake: runtime.monotonic() };
    if (now.time - last.time > now.awake - last.awake + asleep) entries?.woke(now.time);
    last = now;
    await host.noteClock?.(clock.note());
  }

  /** What a list holds back, until the list is put right or what it lost is forgotten. */
  async function holdBack(): Promise<void> {
    const now = new Map((await heldBackIn(parts)).map((by) => [`list ${by.family}`, by]));
    for (const key of held) if (!now.has(key)) troubles.over(key);
    for (const [key, by] of now) troubles.raise(key, by);
    held = [...now.keys()];
    deps = await withHeldBack(parts);
  }

  async function rest(rotation: Rotation, helped: boolean): Promise<void> {
    const pause = helped ? shortestPause : Math.min(await waitOf(rotation, deps), longestSleep);
    restUntil.set(rotation, runtime.monotonic() + pause);
  }

  /** A rotation that takes long does not keep the others of its batch from their next time. */
  async function work(batch: readonly Rotation[]): Promise<void> {
    for (const rotation of batch) busy.add(rotation);
    const resting = new Map<Rotation, Promise<void>>();
    function onDone(rotation: Rotation, report: RotationReport): void {
      if (issued(report))
        for (const other of restUntil.keys()) if (other.provider === rotation.provider) restUntil.delete(other);
      options.warnings.tell(report);
      resting.set(
        rotation,
        leave(rotation, () => rest(rotation, report.phases.length > 0)),
      );
    }
    function onFailed(rotation: Rotation, error: unknown): void {
      resting.set(
        rotation,
        leave(rotation, async () => Promise.reject(error)),
      );
    }
    const how = { concurrency: options.concurrency, signal, retryFor: 0, lockTimeout: 30_000, comesBack: true };
    try {
      await tick(batch, deps, { ...how, onDone, onFailed });
    } catch (error) {
      for (const rotation of batch) if (!resting.has(rotation)) onFailed(rotation, error);
    }
    await Promise.all(resting.values());
  }

  /** Whatever ended it: it is left alone for a while, and looked at again. */
  async function leave(rotation: Rotation, how: () => Promise<void>): Promise<void> {
    try {
      await how();
      troubles.over(rotation.name);
    } catch (error) {
      troubles.raise(rotation.name, error);
      restUntil.set(rotation, runtime.monotonic() + troubles.pauseOf(rotation.name));
    }
    busy.delete(rotation);
    options.done();
  }

  /** What shares a reload with one that is due may be pulled forward with it. */
  async function due(observe: boolean): Promise<readonly Rotation[]> {
    const idle = rotations.filter((rotation) => !busy.has(rotation) && restOf(rotation) <= 0);
    const needed = await Promise.all(idle.map((rotation) => needsWork({ rotation, deps }, { observe, patient: true })));
    const names = new Set(idle.filter((_, index) => needed[index]).flatMap(sharedReloads));
    return idle.filter((rotation, index) => needed[index] || sharedReloads(rotation).some((name) => names.has(name)));
  }

  return {
    async startDue() {
      await noteTime();
      const observe = runtime.monotonic() - observedAt >= observeEvery;
      if (observe || held.length > 0) await holdBack();
      if (observe && options.isWhole) others = await othersOf(parts);
      await options.alarms.check({ rotations: await presentAll(rotations, deps), others }, deps);
      const batch = await due(observe);
      if (observe) observedAt = runtime.monotonic();
      if (batch.length === 0 || signal.aborted) return;
      const done = work(batch).finally(() => ticks.delete(done));
      ticks.add(done);
    },
    async untilNext() {
      const idle = rotations.filter((rotation) => !busy.has(rotation));
      const waits = await Promise.all(
        idle.map(async (rotation) => Math.max(await waitOf(rotation, deps), restOf(rotation))),
      );
      return Math.min(...waits, longestSleep);
    },
    drain: async () => void (await Promise.all(ticks)),
  };
}

function issued({ phases }: RotationReport): boolean {
  return phases.some(({ phase, result }) => (phase === "mint" || phase === "renew") && result === "succeeded");
}

/** ms until the rotation's own next time. */
async function waitOf(rotation: Rotation, deps: RotationDeps): Promise<number> {
  const { moment, standing } = await presentOf({ rotation, deps });
  return Math.max(standing.next - moment.now, shortestPause);
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
