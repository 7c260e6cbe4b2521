/** A daemon over a scene of the engine's tests, with a clock that stands still until it is told to go. */
import { setImmediate } from "node:timers/promises";
import { createFakeClock } from "@rotate/testkit";
import { onTestFinished } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import type { EngineEvent } from "../../src/events.ts";
import type { Spec } from "../../src/loading/model.ts";
import { openEngine, type Engine } from "../../src/engine/engine.ts";
import { openDaemon, type Daemon, type DaemonOptions } from "../../src/watch/daemon.ts";
import type { FollowedFiles, FollowFiles } from "../../src/watch/files.ts";
import type { SpecResult } from "../../src/watch/keeper.ts";
import { createScene, openBackend, type EditRotation, type Scene } from "../engine/support.ts";

export interface Watched {
  readonly daemon: Daemon;
  /** Lets time pass, in steps as short as the daemon's own. */
  readonly pass: (milliseconds: number) => Promise<void>;
  /** The spec file changed: it now gives this. */
  readonly edit: (result: SpecResult) => Promise<void>;
  /** The files that it follows. */
  readonly followed: () => readonly string[];
  /** The content of these may have changed. */
  readonly touch: (...paths: readonly string[]) => Promise<void>;
  /** SIGHUP. */
  readonly confirm: () => Promise<void>;
  /** SIGTERM; resolves when the daemon has ended. */
  readonly stop: () => Promise<void>;
  readonly ended: () => boolean;
  readonly alarms: () => readonly string[];
  /** Codes, as they were told: `ROTATE_…`, `over ROTATE_…`. */
  readonly troubles: () => readonly string[];
  readonly outcomes: (name?: string) => readonly string[];
}

/** Leaves the scene's clock to the test: nothing advances it by itself. */
export function createWatchScene(edit?: EditRotation): Scene {
  return createScene(edit, createFakeClock());
}

// What is loaded when something is due takes as many turns of the event loop as the machine is busy.
await import("../../src/engine/work.ts");

/** More turns of the event loop than a whole rotation takes, those not counted that wait for the disk: all that can go on without time passing has gone on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 60; turn = waitsForDisk() ? 0 : turn + 1) await setImmediate();
}

function waitsForDisk(): boolean {
  return process.getActiveResourcesInfo().some((resource) => resource.startsWith("FSReq"));
}

function nobody(): void {}

function itself(backend: Backend): Backend {
  return backend;
}

/** Starts `rotate watch` in this process. */
export async function startDaemon(
  scene: Scene,
  {
    servicesOf,
    ...options
  }: Pick<DaemonOptions, "names" | "services" | "concurrency"> &
    Partial<Pick<DaemonOptions, "load">> & {
      readonly servicesOf?: (engine: Engine) => DaemonOptions["services"];
      readonly onUnfollow?: () => void;
      /** In place of the backend, to see what is asked of it. */
      readonly over?: (backend: Backend) => Backend;
    } = {},
): Promise<Watched> {
  const { runtime, events } = scene;
  const backend = (options.over ?? itself)(await openBackend(scene));
  let current: SpecResult = { spec: scene.spec() };
  let changed: Parameters<FollowFiles>[0] = nobody;
  let followed: readonly string[] = [];
  let over = false;
  const onEvent = (event: EngineEvent): void => void events.push(event);
  const engine = await openEngine({ spec: scene.spec(), runtime, backend, onEvent });
  async function follow(tell: typeof changed): Promise<FollowedFiles> {
    changed = tell;
    return { follow: async (paths) => void (followed = paths), close: async () => options.onUnfollow?.() };
  }
  const services = servicesOf?.(engine) ?? options.services ?? [];
  const daemon = await openDaemon(engine, { load: async () => current, ...options, services, follow });
  async function end(): Promise<void> {
    await daemon.stop();
    over = true;
    await backend.close();
  }
  onTestFinished(end);
  await settle();
  return {
    daemon,
    async pass(milliseconds) {
      for (let left = milliseconds; left > 0; left -= 10_000) {
        await scene.clock.advance(Math.min(left, 10_000));
        await settle();
      }
    },
    async edit(result) {
      current = result;
      changed([scene.specFile]);
      await settle();
    },
    followed: () => followed,
    async touch(...paths) {
      changed(paths);
      await settle();
    },
    async confirm() {
      daemon.reload({ confirmed: true });
      await settle();
    },
    stop: end,
    ended: () => over,
    alarms: () => events.filter((event) => event.type === "alarm").map(({ alarm }) => alarm),
    troubles: () =>
      events.flatMap((event) =>
        event.type === "trouble" ? [event.code] : event.type === "trouble-over" ? [`over ${event.code}`] : [],
      ),
    outcomes: (name = "db") =>
      events.filter((event) => event.type === "rotation-finished" && event.rotation === name).map(outcomeOf),
  };
}

function outcomeOf(event: EngineEvent): string {
  return event.type === "rotation-finished" ? event.report.outcome : "";
}

/** The scene's spec with other rotations. */
export function specOf(scene: Scene, rotations: Spec["rotations"]): SpecResult {
  return { spec: { ...scene.spec(), rotations } };
}
