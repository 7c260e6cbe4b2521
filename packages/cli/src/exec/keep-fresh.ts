import {
  createServing,
  followFiles,
  openDaemon,
  EngineError,
  type Daemon,
  type Engine,
  sleepOrWake,
} from "@rotate/core";
import { findWatch, type Askable } from "../control/remote.ts";
import { specKey } from "../control/place.ts";
import type { Reporter } from "../reporter.ts";
import type { readAgain } from "../actions/watch.ts";

/** What keeps the rotations of a command. */
export interface KeepFreshParts {
  readonly engine: Engine;
  /** Of the state. */
  readonly stateDir: string;
  readonly names: readonly string[];
  /** Are there endpoints to be opened for the command? */
  readonly serves: boolean;
  readonly reporter: Reporter;
  readonly load: () => ReturnType<typeof readAgain>;
}

/** Somebody keeps the rotations fresh, and their endpoints open. */
export interface Fresh {
  /** Rejects when nobody does any more. Resolves when it was stopped. */
  readonly lost: Promise<void>;
  readonly stop: () => Promise<void>;
}

/** How soon the end of a watch is seen. ms */
const lookEvery = 5_000;

/** The running watch by the same spec, which has the values in its memory; without one this engine. */
export function whoeverKnows({
  engine,
  stateDir,
}: Pick<KeepFreshParts, "engine" | "stateDir">): Pick<Askable, "credential"> {
  return {
    async credential(name, options) {
      const watch = await watchOf({ engine, stateDir });
      if (watch === undefined) return engine.credential(name, options);
      try {
        return await watch.credential(name, options);
      } catch (error) {
        if (error instanceof EngineError && error.code === "ROTATE_WATCH_LOST") return engine.credential(name, options);
        throw error;
      }
    },
  };
}

/** Does what `watch` does, unless one runs by the same spec: then this takes its place once that has ended. Resolves when either is at work. */
export async function keepFresh(parts: KeepFreshParts): Promise<Fresh> {
  const { runtime } = parts.reporter;
  const ending = new AbortController();
  let daemon: Daemon | undefined = (await watchOf(parts)) === undefined ? await open(parts) : undefined;

  async function keep(): Promise<void> {
    while (daemon === undefined && !ending.signal.aborted) {
      await sleepOrWake(runtime, lookEvery, ending.signal);
      if (!ending.signal.aborted && (await watchOf(parts)) === undefined) daemon = await open(parts);
    }
    await daemon?.ended;
    if (!ending.signal.aborted) throw new EngineError("the engine ended", { code: "ROTATE_EXEC_FAILED", exitCode: 6 });
  }
  const lost = keep();
  lost.catch(() => undefined);
  return {
    lost,
    async stop() {
      ending.abort();
      await daemon?.stop();
      await lost.catch(() => undefined);
    },
  };
}

function watchOf({ engine, stateDir }: Pick<KeepFreshParts, "engine" | "stateDir">): Promise<Askable | undefined> {
  return findWatch(stateDir, { spec: () => specKey(engine.parts().spec), onEvent: () => undefined });
}

function open({ engine, names, serves, load }: KeepFreshParts): Promise<Daemon> {
  const serving = serves ? createServing(engine, names) : undefined;
  return openDaemon(engine, {
    names,
    load,
    follow: (changed) => followFiles(changed),
    ...(serving && { serving, services: [serving] }),
  });
}
