/** A daemon over a scene of the engine's tests, with a clock that stands still until it is told to go. */
import { setImmediate } from "node:timers/promises";
import { createFakeClock } from "@rotate/testkit";
import { onTestFinished } from "vitest";
import type { EngineEvent } from "../../src/events.ts";
import type { Spec } from "../../src/loading/model.ts";
import { watch, type SpecResult, type WatchOptions } from "../../src/watch/watch.ts";
import { createScene, openBackend, type EditRotation, type Scene } from "../engine/support.ts";

export interface Daemon {
  /** Lets time pass, in steps as short as the daemon's own. */
  readonly pass: (milliseconds: number) => Promise<void>;
  /** The spec file changed: it now gives this. */
  readonly edit: (result: SpecResult) => Promise<void>;
  /** SIGHUP. */
  readonly confirm: () => Promise<void>;
  /** SIGTERM; resolves when the daemon has ended. */
  readonly stop: () => Promise<void>;
  readonly ended: () => boolean;
  readonly alarms: () => readonly string[];
  readonly outcomes: (name?: string) => readonly string[];
}

/** Leaves the scene's clock to the test: nothing advances it by itself. */
export function createWatchScene(edit?: EditRotation): Scene {
  return createScene(edit, createFakeClock());
}

/** More turns of the event loop than a whole rotation takes: all that can go on without time passing has gone on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 60; turn++) await setImmediate();
}

/** Starts `rotate watch` in this process. */
export async function startDaemon(
  scene: Scene,
  { names }: { readonly names?: readonly string[] } = {},
): Promise<Daemon> {
  const { runtime, events } = scene;
  const backend = await openBackend(scene);
  const stopping = new AbortController();
  let current: SpecResult = { spec: scene.spec() };
  let on = { changed: () => {}, confirm: () => {} };
  let over = false;
  const options: WatchOptions = {
    spec: scene.spec(),
    load: async () => current,
    runtime,
    backend,
    onEvent: (event) => void events.push(event),
    signal: stopping.signal,
    listen(listener) {
      on = listener;
      return () => {};
    },
    ...(names && { names }),
  };
  async function run(): Promise<void> {
    try {
      await watch(options);
    } finally {
      over = true;
      await backend.close();
    }
  }
  const ending = run();
  onTestFinished(async () => {
    stopping.abort();
    await ending.catch(() => undefined);
  });
  await settle();
  return {
    async pass(milliseconds) {
      for (let left = milliseconds; left > 0; left -= 10_000) {
        await scene.clock.advance(Math.min(left, 10_000));
        await settle();
      }
    },
    async edit(result) {
      current = result;
      on.changed();
      await settle();
    },
    async confirm() {
      on.confirm();
      await settle();
    },
    async stop() {
      stopping.abort();
      await ending;
    },
    ended: () => over,
    alarms: () => events.filter((event) => event.type === "alarm").map(({ alarm }) => alarm),
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
