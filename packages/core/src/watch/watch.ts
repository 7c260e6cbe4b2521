import { openEngineParts, type EngineParts } from "../engine/open-engine.ts";
import { needsWork, timeOf } from "../engine/quick-look.ts";
import { tick } from "../engine/run.ts";
import { selectByName } from "../engine/select.ts";
import type { OnEvent } from "../events.ts";
import { nextLook } from "../rotation/decide.ts";
import type { RotationDeps } from "../rotation/session.ts";
import type { Runtime } from "../runtime/types.ts";
import type { Rotation, Spec } from "../spec/model.ts";
import { createAlarms } from "./alarms.ts";
import { createWaker } from "./waker.ts";

/** What loading the spec gave: the spec, or what is wrong with it in one text. */
export type SpecResult = { readonly spec: Spec } | { readonly problem: string };

export interface WatchOptions {
  readonly spec: Spec;
  /** Reads the spec file again. */
  readonly load: () => Promise<SpecResult>;
  readonly runtime: Runtime;
  readonly stateDir?: string;
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
  let running = await start(options, options.spec);
  try {
    while (!signal.aborted) {
      await running.startDue(waker.wake);
      await waker.sleep(Math.min(await running.untilNext(), longestSleep), runtime);
      const reasons = waker.reasons();
      if (reasons.has("changed") || reasons.has("confirmed"))
        running = await reread(options, running, reasons.has("confirmed"));
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
  /** Waits for what has begun, then closes the state. */
  readonly drain: () => Promise<void>;
}

async function start(options: WatchOptions, spec: Spec): Promise<Running> {
  const { runtime, signal, onEvent = () => undefined, concurrency = 16 } = options;
  const parts = await openEngineParts({
    spec,
    runtime,
    onEvent,
    ...(options.stateDir !== undefined && { stateDir: options.stateDir }),
  });
  const rotations = selectByName(spec.rotations, options.names);
  const { deps } = parts;
  const alarms = createAlarms(onEvent);
  const busy = new Set<Rotation>();
  const ticks = new Set<Promise<void>>();
  /** Monotonic ms: what a tick could not help is not tried again at once. */
  const restUntil = new Map<Rotation, number>();
  let observedAt = -Infinity;

  function restOf(rotation: Rotation): number {
    return (restUntil.get(rotation) ?? -Infinity) - runtime.monotonic();
  }

  async function rest(batch: readonly Rotation[], idle: ReadonlySet<string>): Promise<void> {
    for (const rotation of batch) {
      busy.delete(rotation);
      const pause = idle.has(rotation.name) ? Math.min(await waitOf(rotation, deps), longestSleep) : shortestPause;
      restUntil.set(rotation, runtime.monotonic() + pause);
    }
  }

  async function work(batch: readonly Rotation[]): Promise<void> {
    for (const rotation of batch) busy.add(rotation);
    await rest(batch, await runBatch(parts, batch, { concurrency, signal }));
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
    return idle.filter((_, index) => needed[index]);
  }

  return {
    spec,
    async startDue(wake) {
      await alarms.check(rotations, deps);
      const batch = await due();
      if (batch.length === 0 || signal.aborted) return;
      const done = work(batch).finally(() => {
        ticks.delete(done);
        wake("done");
      });
      ticks.add(done);
    },
    async untilNext() {
      const idle = rotations.filter((rotation) => !busy.has(rotation));
      const waits = await Promise.all(
        idle.map(async (rotation) => Math.max(await waitOf(rotation, deps), restOf(rotation))),
      );
      return Math.min(...waits, longestSleep);
    },
    async drain() {
      await Promise.all(ticks);
      await parts.close();
    },
  };
}

/** Gives the names of the rotations for which nothing could be done. */
async function runBatch(
  { deps }: EngineParts,
  batch: readonly Rotation[],
  { concurrency, signal }: { concurrency: number; signal: AbortSignal },
): Promise<ReadonlySet<string>> {
  const options = { force: false, cadence: undefined, timeout: 0, lockTimeout: 30_000, concurrency, signal };
  try {
    const { rotations } = await tick(batch, deps, options);
    return new Set(rotations.filter(({ phases }) => phases.length === 0).map(({ name }) => name));
  } catch (error) {
    // The state or a lock was lost: the next slice looks again, with what is there then.
    deps.runtime.log.warn("a tick was cut off", { error: (error as Error).message });
    return new Set(batch.map(({ name }) => name));
  }
}

/** ms until the rotation's own next time. */
async function waitOf(rotation: Rotation, deps: RotationDeps): Promise<number> {
  const state = await deps.store.load(rotation.name);
  return Math.max(nextLook(rotation, state, deps.nextCron) - timeOf(deps, state), shortestPause);
}

/** A spec that is bad, or that drops many rotations at once, does not replace the running one. */
async function reread(options: WatchOptions, running: Running, confirmed: boolean): Promise<Running> {
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
  const next = await start(options, loaded.spec);
  onEvent({ type: "spec-reloaded", rotations: loaded.spec.rotations.length });
  return next;
}

/** More than a fifth of the rotations gone (at least 2) is more likely a mishap than an edit. */
function refusalOf(before: Spec, after: Spec): string | undefined {
  const names = new Set(after.rotations.flatMap(({ name, renamedFrom }) => [name, renamedFrom]));
  const removed = before.rotations.filter(({ name }) => !names.has(name));
  if (removed.length < 2 || removed.length * 5 <= before.rotations.length) return undefined;
  return `the spec drops ${removed.length} of ${before.rotations.length} rotations: send SIGHUP to accept it`;
}
