import type { Runtime } from "@rotate/runtime";
import type { Backend } from "../backend/backend.ts";
import { openEngine } from "../engine/engine.ts";
import { needsWork, presentOf } from "../engine/quick-look.ts";
import { tick, type TickOptions } from "../engine/run.ts";
import { selectByName } from "../engine/select.ts";
import type { OnEvent } from "../events.ts";
import type { RotationReport } from "../report.ts";
import type { RotationDeps } from "../rotation/session.ts";
import type { Rotation, Spec } from "../loading/model.ts";
import { createAlarms, type Alarms } from "./alarms.ts";
import { createWaker } from "./waker.ts";

/** What loading the spec gave: the spec, or what is wrong with it in one text. */
export type SpecResult = { readonly spec: Spec } | { readonly problem: string };

export interface WatchOptions {
  readonly spec: Spec;
  /** Reads the spec file again. */
  readonly load: () => Promise<SpecResult>;
  readonly runtime: Runtime;
  /** Where it lives; stays open when the watch has ended. */
  readonly backend: Backend;
  readonly names?: readonly string[];
  readonly concurrency?: number;
  readonly onEvent?: OnEvent;
  /** Drain: what has begun is finished, nothing new begins. */
  readonly signal: AbortSignal;
  /** Called with a function each: `changed` when the spec file may have changed, `confirm` when a person says so (SIGHUP). Returns how to stop listening. */
  readonly listen: (on: { readonly changed: () => void; readonly confirm: () => void }) => () => void;
}

/** Never one long timer: clocks jump and machines sleep. ms */
const longestSleep = 30_000;
/** How often the sinks are looked at for changes by hand. ms */
const observeEvery = 5 * 60_000;
/** So much more than it was awake for. ms */
const asleep = 5_000;
/** Between two looks at one rotation. ms */
const shortestPause = 250;

/** Keeps all rotations fresh until the signal: one loop, one short timer, the same tick as `rotate run`. */
export async function watch(options: WatchOptions): Promise<void> {
  const { runtime, signal } = options;
  const waker = createWaker();
  const stopListening = options.listen({
    changed: () => waker.wake("changed"),
    confirm: () => waker.wake("confirmed"),
  });
  signal.addEventListener("abort", () => waker.wake("stop"), { once: true });
  const alarms = createAlarms(options.onEvent ?? (() => undefined));
  let running = await start(options.spec, { options, alarms });
  try {
    while (!signal.aborted) {
      await running.startDue(waker.wake);
      await waker.sleep(Math.min(await running.untilNext(), longestSleep), runtime);
      const reasons = waker.reasons();
      if (reasons.has("changed") || reasons.has("confirmed"))
        running = await reread(running, { options, alarms, confirmed: reasons.has("confirmed") });
    }
  } finally {
    stopListening();
    await running.drain();
  }
}

/** One spec being watched. */
interface Running {
  readonly spec: Spec;
  readonly startDue: (wake: (reason: "done") => void) => Promise<void>;
  /** ms until the next rotation has to be looked at. */
  readonly untilNext: () => Promise<number>;
  /** Waits for what has begun. */
  readonly drain: () => Promise<void>;
}

/** What outlives a spec. */
interface Daemon {
  readonly options: WatchOptions;
  readonly alarms: Alarms;
}

async function start(spec: Spec, { options, alarms }: Daemon): Promise<Running> {
  const { runtime, backend, signal, onEvent = () => undefined, concurrency = 16 } = options;
  const rotations = selectByName(spec.rotations, options.names);
  const { deps } = (await openEngine({ spec, runtime, backend, onEvent })).parts;
  const busy = new Set<Rotation>();
  const ticks = new Set<Promise<void>>();
  /** Monotonic ms: what a tick could not help is not tried again at once. */
  const restUntil = new Map<Rotation, number>();
  let observedAt = -Infinity;

  function restOf(rotation: Rotation): number {
    return (restUntil.get(rotation) ?? -Infinity) - runtime.monotonic();
  }

  let last = { time: deps.clock.now(), awake: runtime.monotonic() };

  /** Every look is noted. More time than this process was awake for says that the machine had slept. */
  async function noteTime(): Promise<void> {
    const now = { time: deps.clock.now(), awake: runtime.monotonic() };
    if (now.time - last.time > now.awake - last.awake + asleep) deps.entries?.woke(now.time);
    last = now;
    await deps.host.noteClock?.(deps.clock.note());
  }

  async function rest(rotation: Rotation, helped: boolean): Promise<void> {
    const pause = helped ? shortestPause : Math.min(await waitOf(rotation, deps), longestSleep);
    restUntil.set(rotation, runtime.monotonic() + pause);
    busy.delete(rotation);
  }

  /** A rotation that takes long does not keep the others of its batch from their next time. */
  async function work(batch: readonly Rotation[], wake: (reason: "done") => void): Promise<void> {
    for (const rotation of batch) busy.add(rotation);
    const resting = new Map<Rotation, Promise<void>>();
    function onDone(rotation: Rotation, { phases }: Pick<RotationReport, "phases">): void {
      if (phases.some(({ phase, result }) => (phase === "mint" || phase === "renew") && result === "succeeded"))
        for (const other of restUntil.keys()) if (other.provider === rotation.provider) restUntil.delete(other);
      resting.set(
        rotation,
        rest(rotation, phases.length > 0).then(() => wake("done")),
      );
    }
    await runBatch(deps, batch, { concurrency, signal, onDone });
    for (const rotation of batch) if (!resting.has(rotation)) onDone(rotation, { phases: [] });
    await Promise.all(resting.values());
  }

  async function due(): Promise<readonly Rotation[]> {
    const observe = runtime.monotonic() - observedAt >= observeEvery;
    if (observe) observedAt = runtime.monotonic();
    const idle = rotations.filter((rotation) => !busy.has(rotation) && restOf(rotation) <= 0);
    const needed = await Promise.all(
      idle.map((rotation) =>
        needsWork({ rotation, deps }, { force: false, cadence: undefined, observe, patient: true }),
      ),
    );
    const names = new Set(idle.filter((_, index) => needed[index]).flatMap(sharedReloads));
    return idle.filter((rotation, index) => needed[index] || sharedReloads(rotation).some((name) => names.has(name)));
  }

  return {
    spec,
    async startDue(wake) {
      await noteTime();
      await alarms.check(rotations, deps, (rotation) => busy.has(rotation));
      const batch = await due();
      if (batch.length === 0 || signal.aborted) return;
      const done = work(batch, wake).finally(() => ticks.delete(done));
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

/** What shares a reload with it may be pulled forward with it. */
function sharedReloads({ reloads }: Rotation): readonly string[] {
  return reloads.flatMap(({ name }) => name ?? []);
}

async function runBatch(
  deps: RotationDeps,
  batch: readonly Rotation[],
  options: Pick<TickOptions, "concurrency" | "signal" | "onDone">,
): Promise<void> {
  const always = { force: false, cadence: undefined, retryFor: 0, lockTimeout: 30_000, comesBack: true };
  try {
    await tick(batch, deps, { ...always, ...options });
  } catch (error) {
    // The state or a lock was lost: the next slice looks again, with what is there then.
    deps.runtime.log.warn("a tick was cut off", { error: (error as Error).message });
  }
}

/** ms until the rotation's own next time. */
async function waitOf(rotation: Rotation, deps: RotationDeps): Promise<number> {
  const { moment, standing } = await presentOf({ rotation, deps });
  return Math.max(standing.next - moment.now, shortestPause);
}

/** A spec that is bad, or that drops many rotations at once, does not replace the running one. */
async function reread(running: Running, daemon: Daemon & { readonly confirmed: boolean }): Promise<Running> {
  const { options, confirmed } = daemon;
  const { onEvent = () => undefined } = options;
  const loaded = await options.load();
  if ("problem" in loaded) {
    onEvent({ type: "spec-rejected", message: loaded.problem });
    return running;
  }
  const refusal = confirmed ? undefined : refusalOf(running.spec, loaded.spec);
  if (refusal !== undefined) {
    onEvent({ type: "spec-rejected", message: refusal });
    return running;
  }
  await running.drain();
  try {
    const next = await start(loaded.spec, daemon);
    onEvent({ type: "spec-reloaded", rotations: loaded.spec.rotations.length });
    return next;
  } catch (error) {
    onEvent({ type: "spec-rejected", message: (error as Error).message });
    return start(running.spec, daemon);
  }
}

/** More than a fifth of the rotations gone (at least 2) is more likely a mishap than an edit. */
function refusalOf(before: Spec, after: Spec): string | undefined {
  const names = new Set(after.rotations.flatMap(({ name, renamedFrom }) => [name, renamedFrom]));
  const removed = before.rotations.filter(({ name }) => !names.has(name));
  if (removed.length < 2 || removed.length * 5 <= before.rotations.length) return undefined;
  return `the spec drops ${removed.length} of ${before.rotations.length} rotations: send SIGHUP to accept it`;
}
