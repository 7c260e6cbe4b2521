/** One history: a rotation of the real engine in a world that turns against it, until the faults end and it must be well. */
import { createHmac } from "node:crypto";
import { Secret } from "@rotate/plugin-kit";
import { statusOf } from "../../src/engine/status.ts";
import type { Rotation, SinkEntry } from "../../src/spec/model.ts";
import { createLogins } from "../../src/rotation/login.ts";
import { createReloadGate } from "../../src/rotation/reload-gate.ts";
import { rotate } from "../../src/rotation/rotate.ts";
import type { RotationDeps } from "../../src/rotation/session.ts";
import type { Runtime } from "../../src/runtime/types.ts";
import { noCron } from "../../src/schedule/cron.ts";
import { createMemoryStore, type MemoryStore } from "../../src/store/memory-store.ts";
import type { RotationState } from "../../src/store/state.ts";
import type { Store } from "../../src/store/store.ts";
import type { Choices } from "./choices.ts";
import { checkAlways, checkSettled } from "./invariants.ts";
import { partsOf } from "./parts.ts";
import {
  Crash,
  createWorld,
  land,
  say,
  second,
  turn,
  Violation,
  violate,
  type Shape,
  type WorldWith,
} from "./world.ts";

export const name = "db";

/** Runs a history to its end. Throws Violation; `world.log` tells the story. */
export async function runHistory(shape: Shape, choices: Choices, { rounds = 3, early = 26 } = {}): Promise<WorldWith> {
  const world = createWorld(shape, choices);
  const store = createMemoryStore();
  await begin(world, store);
  world.time += early * second;
  try {
    await live(world, store, { rounds, force: early < 26 });
  } catch (error) {
    Object.assign(error as object, { story: world.log });
    throw error;
  }
  return world;
}

/** A first rotation, without faults. */
async function begin(world: WorldWith, store: MemoryStore): Promise<void> {
  world.quiet = true;
  await runOnce(world, store, { force: false });
  world.quiet = false;
  prepareRich(world, store);
}

async function live(
  world: WorldWith,
  store: MemoryStore,
  { rounds, force }: { rounds: number; force: boolean },
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    await runOnce(world, store, { force: force && round === 0 });
    world.time += (world.shape.rich ? 3 : 2) * second;
  }
  world.quiet = true;
  while (world.inFlight.length > 0) land(world, 0);
  world.clockOffset = Math.max(world.clockOffset, 0);
  for (let round = 0; round < 60; round++) {
    await runOnce(world, store, { force: false });
    world.time += 2 * second;
  }
  checkSettled(world, await store.load(name), (state) => status(world, store, state));
}

function prepareRich(world: WorldWith, store: MemoryStore): void {
  let backup: ReadonlyMap<string, RotationState> | undefined;
  world.onRestoreState = () => {
    if (!backup) {
      backup = store.snapshot();
      return say(world, "the state is backed up");
    }
    if (world.stateRestored) return;
    world.stateRestored = true;
    store.restore(backup);
    store.breakLocks();
    say(world, "the state is restored from the backup");
  };
  let nested = false;
  world.onSecondProcess = async () => {
    if (nested) return;
    nested = true;
    say(world, "the lock file is removed and a second process starts");
    store.breakLocks();
    const first = world.process;
    try {
      await runOnce(world, store, { force: false });
    } finally {
      nested = false;
      world.process = first;
    }
  };
}

let processes = 0;

/** A process that does what `rotate run` does under the lock, and may die anywhere. */
async function runOnce(world: WorldWith, store: MemoryStore, { force }: { force: boolean }): Promise<void> {
  const me = ++processes;
  world.process = me % 1000;
  const life = { dead: false };
  const alive = (): void => {
    if (life.dead) throw new Crash("dead");
  };
  const mortal = async <T>(act: () => Promise<T>): Promise<T> => {
    alive();
    try {
      return await act();
    } catch (error) {
      if (error instanceof Crash) life.dead = true;
      throw error;
    }
  };
  const deps = depsOf(world, mortalStore(world, store, mortal));
  const lock = await store.tryLock(name);
  if (!lock) return;
  try {
    await rotate(
      { rotation: rotationOf(world, alive, mortal), deps, lock },
      { force, cadence: undefined, signal: new AbortController().signal },
    );
  } catch (error) {
    rethrowViolation(error);
  } finally {
    if (life.dead) store.breakLocks();
    else lock.release();
  }
  for (const report of violations.splice(0)) throw report;
  checkAlways(world, await store.load(name), (state) => status(world, store, state));
}

/** Violations inside plugin calls would be taken for the plugin's faults: they are kept aside. */
const violations: Violation[] = [];

function rethrowViolation(error: unknown): void {
  if (error instanceof Violation) throw error;
  if (error instanceof Crash) return;
  if ((error as { code?: string }).code === "ROTATE_STATE_FENCED") return;
  throw error;
}

function mortalStore(world: WorldWith, store: MemoryStore, mortal: <T>(act: () => Promise<T>) => Promise<T>): Store {
  return {
    ...store,
    load: (rotation) => mortal(() => store.load(rotation)),
    append: (rotation, entry) =>
      mortal(async () => {
        await turn(world, `before journal ${entry.record.type}`);
        const state = await store.append(rotation, entry);
        say(world, `journal ${entry.record.type}`);
        if (world.log.length > 6_000) violate("P2 it does not end");
        await turn(world, `after journal ${entry.record.type}`);
        return state;
      }),
  };
}

const fingerprint = (text: string): string => createHmac("sha256", "k").update(text).digest("hex").slice(0, 32);
const secretOf = (text: string): Secret => new Secret(text);

function depsOf(world: WorldWith, store: Store): RotationDeps {
  const runtime = runtimeOf(world);
  const none = (): never => violate("nobody logs in here");
  return {
    store,
    runtime,
    fingerprint,
    nextCron: noCron,
    gate: createReloadGate(),
    onEvent: () => undefined,
    host: { bootId: "boot", uptime: () => world.time },
    logins: createLogins({ runtime, call: none }),
    memory: { get: () => undefined, keep: () => undefined, drop: () => undefined },
  };
}

function runtimeOf(world: WorldWith): Runtime {
  const controller = new AbortController();
  return {
    now: () => world.time + world.clockOffset,
    monotonic: () => world.time,
    random: () => 0.5,
    sleep: async (milliseconds) => void (world.time += milliseconds),
    deadline: () => ({ signal: controller.signal, clear: () => undefined }),
    http: () => violate("no network"),
    exec: () => violate("no commands"),
    env: {},
    masker: {
      secret: secretOf,
      reveal: (secret) => secret.reveal(),
      holdsSecret: () => false,
      mask: (text) => text,
      stream: () => ({ write: (chunk) => chunk, end: () => "" }),
    },
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
  };
}

function rotationOf(world: WorldWith, alive: () => void, mortal: <T>(act: () => Promise<T>) => Promise<T>): Rotation {
  const { provider, plugin, sinks } = partsOf(world, alive);
  const guarded = <T extends object>(part: T): T => guardCalls(part, mortal);
  const bound = { options: {}, where: "" };
  const entries = sinks.map((part, index): SinkEntry => ({
    ...bound,
    part: guarded(part),
    type: part.type,
    id: `sink-${index}`,
    target: `sink ${index}`,
    values: { key: { source: "{{ token }}", fields: ["token"], render: ({ fields }) => fields["token"] ?? "" } },
  }));
  const probe = { ...bound, part: guarded(plugin.probes[0]!), type: "world", timeout: 1_000, within: 0 };
  return {
    name,
    hash: "h",
    ttl: undefined,
    request: {},
    renamedFrom: undefined,
    drift: "report",
    onFailure: world.shape.rollback ? "rollback" : "keep",
    fields: { token: { secret: true, description: "" } },
    provider: { ...bound, part: guarded(provider), type: "world", name: "world" },
    verify: [probe],
    sinks: world.order.map((index) => entries[index]!),
    health: [probe],
    reloads: [
      {
        ...bound,
        part: guarded(plugin.reloads[0]!),
        type: "world",
        id: "r",
        name: undefined,
        timeout: 1_000,
        continueOnError: false,
      },
    ],
    refresh: { rule: { at: 26 / 40 }, jitter: 0, margin: 4 * second, windows: [] },
    retry: { initial: 1, max: 1 },
    overlap: { revoke: "adopted", grace: 3 * second, deadline: undefined },
    budget: { perMinute: 1_000, perHour: 100_000 },
    maxLive: 1_000,
  };
}

/** Every method of a part dies with its process, and a violation in it is not taken for a fault of the plugin. */
function guardCalls<T extends object>(part: T, mortal: <R>(act: () => Promise<R>) => Promise<R>): T {
  const entries = Object.entries(part).map(([key, value]) => {
    if (typeof value !== "function" || key === "target" || key === "adopts") return [key, value];
    const guarded = (...args: readonly unknown[]): Promise<unknown> =>
      mortal(async () => {
        try {
          const result = await (value as (...args: readonly unknown[]) => Promise<unknown>).apply(part, [...args]);
          return key === "prepare" ? guardCalls(result as object, mortal) : result;
        } catch (error) {
          if (error instanceof Violation) violations.push(error);
          throw error;
        }
      });
    return [key, guarded];
  });
  return Object.fromEntries(entries) as T;
}

/** What `status` says of the state. */
function status(world: WorldWith, store: MemoryStore, state: RotationState) {
  const rotation = rotationOf(
    world,
    () => undefined,
    (act) => act(),
  );
  return statusOf(rotation, state, { deps: depsOf(world, store), rotating: false });
}
