import { createContext } from "@rotate/runtime";
import type { EndpointReport } from "../endpoint-report.ts";
import type { Engine } from "../engine/engine.ts";
import { followSpec, type FollowFiles } from "./files.ts";
import { createKeeper, type Keeper, type KeeperOptions } from "./keeper.ts";
import { startServices, type DaemonView, type Service } from "./services.ts";
import { createTroubles } from "./trouble.ts";
import { createWaker } from "./waker.ts";

/** What a daemon is besides its engine: what it reads, follows and serves. */
export interface DaemonOptions extends KeeperOptions {
  /** Started in this order before the first look, ended in the opposite one. */
  readonly services?: readonly Service[];
  /** How the endpoints among them stand. */
  readonly serving?: { readonly report: () => readonly EndpointReport[] };
  /** Follows the spec, its lists and the files of its references. Absent: nobody does. */
  readonly follow?: FollowFiles;
}

/** An engine that keeps its rotations fresh. */
export interface Daemon extends DaemonView {
  /** Drains: what has begun is finished, nothing new begins. Resolves as `ended`. */
  readonly stop: () => Promise<void>;
  /** Resolves when it has ended, its services too. */
  readonly ended: Promise<void>;
}

/**
 * Keeps an engine running: one loop, one short timer, the same tick as `rotate run`. Its services are started before the first rotation, and outlive every
 * reload of the spec. Throws what a service throws that cannot start, and EngineError `ROTATE_USAGE` for a name that the spec does not have.
 */
export async function openDaemon(engine: Engine, options: DaemonOptions): Promise<Daemon> {
  const { runtime } = engine.parts().deps;
  const waker = createWaker();
  const stopping = new AbortController();
  const files = await followSpec(engine, options.follow, waker);
  const troubles = createTroubles(engine.events.emit);
  const keeper = createKeeper({ engine, options, waker, files, troubles, signal: stopping.signal });
  const view: DaemonView = {
    events: { on: engine.events.on },
    now: engine.now,
    spec: () => engine.parts().written,
    status: async (asked) => ({
      ...(await engine.status({ ...asked, byDaemon: true })),
      ...keeper.state(),
      ...(options.serving && { serve: options.serving.report() }),
    }),
    ask: keeper.ask,
    sinceLook: keeper.sinceLook,
    stopping: stopping.signal,
    clockSkew: () => engine.parts().deps.clock.skew(),
    troubles,
    phase: () => phaseOf(stopping.signal, keeper),
    resolve: (ref) => createContext({ runtime, options: {}, signal: stopping.signal }).resolve(ref),
    reload: ({ confirmed = false } = {}) => waker.wake(confirmed ? "confirmed" : "changed"),
  };
  const stopServices = await startServices(options.services ?? [], view, runtime.log).catch(async (error: unknown) => {
    await files.close(); // what is followed keeps the process alive
    throw error;
  });

  async function run(): Promise<void> {
    try {
      await keeper.keep();
    } finally {
      await files.close();
      await stopServices();
    }
  }

  const ended = run();
  return {
    ...view,
    ended,
    stop() {
      stopping.abort();
      waker.wake("stop");
      return ended;
    },
  };
}

function phaseOf(stopping: AbortSignal, { sinceLook }: Keeper): ReturnType<DaemonView["phase"]> {
  if (stopping.aborted) return "draining";
  return sinceLook() === undefined ? "starting" : "running";
}
