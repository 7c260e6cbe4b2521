/** Scenes for tests of the engine over the real state: a temporary directory, an injected clock, plugins of the test's own. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRuntime, type Runtime } from "@rotate/runtime";
import { createFakeClock, type FakeClock } from "@rotate/testkit";
import { onTestFinished } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import type { Peers } from "../../src/backend/peers.ts";
import { openEngine, type Engine } from "../../src/engine/engine.ts";
import type { EngineEvent } from "../../src/events.ts";
import { exitCodeOfRun, exitCodeOfStatus } from "../../src/exit-code.ts";
import type { RotationReport, RotationStatus } from "../../src/report.ts";
import type { Machine } from "../../src/local/machine.ts";
import { openLocalBackend } from "../../src/local/open-local.ts";
import type { Rotation, Spec } from "../../src/loading/model.ts";
import { heldIn, hour, issuedIn, minute, reloadsIn, revokedIn, type DiskWorld, type Hook } from "./world.ts";
import { rotationIn, specIn } from "./spec.ts";

export { failing, hour, minute } from "./world.ts";

/** What a run ended in. */
export interface Ran {
  readonly exit: number;
  readonly db: RotationReport;
  readonly all: readonly RotationReport[];
}

export interface Scene extends DiskWorld {
  readonly clock: FakeClock;
  now: () => number;
  life: number;
  runtime: Runtime;
  /** The other machines of a fleet; set to make this one a part of it. */
  peers: Peers | undefined;
  /** The machine; replace to clone or to reboot it. */
  machine: Machine;
  readonly events: EngineEvent[];
  /** Somebody else who listens. */
  onEvent: (event: EngineEvent) => void;
  readonly logs: string[];
  /** What the outside does at each step; replace to make steps fail. */
  onStep: Hook;
  /** Every step so far. */
  readonly steps: string[];
  /** The rotations of the spec; replace to edit the spec. The next engine sees it. */
  rotations: readonly Rotation[];
  /** Families whose list cannot be used. */
  heldBack: Spec["heldBack"];
  /** Who is told, and what watches over rotate. */
  notify: Spec["notify"];
  /** Where consumers ask. */
  serve: Spec["serve"];
  monitor: Spec["monitor"];
  specFile: string;
  readonly spec: () => Spec;
  /** Runs as a new process would: opens the state, runs, closes. */
  readonly run: (options?: Parameters<Engine["run"]>[0]) => Promise<Ran>;
  readonly status: () => Promise<RotationStatus & { readonly check: number }>;
  /** Opens the engine for one question. */
  readonly ask: <T>(question: (engine: Engine) => Promise<T>) => Promise<T>;
  /** `value-1`, without the tail that makes it long enough to be a secret. */
  readonly held: (sink?: string) => string | undefined;
  /** The whole text of a sink's file, as somebody with an editor sees it. */
  readonly read: (sink: string) => string;
  readonly write: (sink: string, text: string) => void;
  readonly remove: (sink: string) => void;
  readonly mints: () => number;
  readonly revoked: () => readonly string[];
  readonly reloads: () => readonly string[];
}

export type EditRotation = (rotation: Rotation, world: DiskWorld) => Rotation;

/** A scene with one rotation `db`, one sink `a`, one reload `app` that adopts; leases live an hour. `edit` changes the rotation. A sleep moves the clock by itself. */
export function createScene(
  edit: EditRotation = (rotation) => rotation,
  clock = createFakeClock({ autoAdvance: true }),
): Scene {
  const directory = mkdtempSync(join(tmpdir(), "rotate-engine-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  mkdirSync(join(directory, "state"), { mode: 0o700 });
  const logs: string[] = [];
  const runtime = createRuntime({
    clock,
    env: {},
    random: () => 0.5,
    log: { write: (line) => void logs.push(line), level: "debug", format: "json" },
  });
  const scene: Scene = {
    directory,
    clock,
    runtime,
    machine: { machineId: "machine-1", bootId: "boot-1", uptime: clock.monotonic },
    peers: undefined,
    logs,
    events: [],
    onEvent: () => undefined,
    steps: [],
    life: hour,
    now: clock.now,
    rotations: [],
    heldBack: [],
    notify: [],
    serve: [],
    monitor: undefined,
    onStep: () => undefined,
    hook: (step) => {
      scene.steps.push(step);
      return scene.onStep(step);
    },
    specFile: join(directory, "rotate.yaml"),
    spec: () => {
      const { heldBack, notify, serve, monitor } = scene;
      return { ...specIn(scene.specFile, scene.rotations), heldBack, notify, serve, monitor };
    },
    ask: (question) => ask(scene, question),
    run: async (options = {}) => {
      const report = await ask(scene, (engine) => engine.run({ timeout: 0, ...options }));
      const { rotations } = report;
      return { exit: exitCodeOfRun(report), db: rotations[0]!, all: rotations };
    },
    status: async () => {
      const { rotations } = await ask(scene, (engine) => engine.status());
      return { ...rotations[0]!, check: exitCodeOfStatus({ rotations }) };
    },
    held: (sink = "a") => heldIn(directory, sink)?.split("-s")[0],
    read: (sink) => readFileSync(join(directory, sink), "utf8"),
    write: (sink, text) => writeFileSync(join(directory, sink), text),
    remove: (sink) => rmSync(join(directory, sink)),
    mints: () => issuedIn(directory).length,
    revoked: () => revokedIn(directory),
    reloads: () => reloadsIn(directory),
  };
  scene.rotations = [edit(rotationIn(scene), scene)];
  return scene;
}

async function ask<T>(scene: Scene, question: (engine: Engine) => Promise<T>): Promise<T> {
  const onEvent = (event: EngineEvent): void => void scene.events.push(event);
  const { runtime } = scene;
  const backend = await openBackend(scene);
  try {
    const engine = await openEngine({ spec: scene.spec(), runtime, backend, onEvent });
    engine.events.on(scene.onEvent);
    return await question(engine);
  } finally {
    await backend.close();
  }
}

/** The state in the scene's directory. */
export async function openBackend(
  { directory, runtime, machine, spec, peers }: Scene,
  state = "state",
): Promise<Backend> {
  const backend = await openLocalBackend({ spec: spec(), runtime, machine, stateDir: join(directory, state) });
  return { ...backend, ...(peers && { peers }) };
}

/** Lets these steps fail from now on, each as often as it is named; the others go well. */
export function failAt(scene: Scene, failures: Readonly<Record<string, Error | readonly (Error | undefined)[]>>): void {
  const left = new Map(
    Object.entries(failures).map(([step, errors]) => [step, Array.isArray(errors) ? [...errors] : undefined] as const),
  );
  scene.onStep = (step) => {
    const queue = left.get(step);
    const error = queue === undefined ? failures[step] : queue.shift();
    if (error instanceof Error) throw error;
  };
}

/** The refresh time of a lease of an hour has come, its margin not. */
export const untilDue = 45 * minute;
