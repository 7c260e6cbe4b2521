import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  type Engine,
  type EngineError,
  type EngineEvent,
  openEngine,
  openBackend,
  type Spec,
  statePlaces,
  type TroubleReport,
} from "@rotate/core";
import type { ActionInput } from "./action.ts";
import type { Askable, Finding } from "./control/remote.ts";
import { createReporter, type Reporter } from "./reporter.ts";
import { readSpec } from "./spec.ts";
import { whoAsks } from "./who-asks.ts";

/** An open engine and what a command needs beside it. */
export interface OpenedEngine {
  readonly engine: Engine;
  /** The same. */
  readonly own: Engine;
  readonly reporter: Reporter;
  /** The rotations of the spec. */
  readonly names: readonly string[];
  /** The directory of the state. */
  readonly stateDir: string;
  /** What kept the command from asking a running watch. */
  readonly troubles: readonly TroubleReport[];
  /** The present moment by the clock that reports are told by, ms since 1970. */
  readonly now: () => number;
}

/** How a command is told of, and what it does with the state. */
export interface WithEngineOptions {
  /** Redraw progress in place when there is a terminal. */
  readonly board?: boolean;
  /** Events that the command reports itself. */
  readonly omit?: readonly EngineEvent["type"][];
  /** Whose rotations it takes. */
  readonly labels?: readonly string[] | undefined;
  /** The command only looks: it works on a state that cannot be written as well. */
  readonly reading?: boolean;
}

/** Who only looks does not wait long for a watch that hangs: the state tells nearly the same. ms */
const readsAfter = 10_000;

function troubleOf({ code, message, hint }: EngineError): TroubleReport {
  return { code, message, ...(hint !== undefined && { hint }) };
}

type Input = Pick<ActionInput<object, unknown>, "flags" | "json" | "terminal" | "specCache">;

/** A running watch, or an engine of this process: whoever answers. */
export interface Asked extends Omit<OpenedEngine, "engine" | "own"> {
  readonly engine: Askable;
  /** The engine of this process; absent where a running watch answers, which tells of alarms by itself. */
  readonly own?: Engine;
}

/** Asks the `rotate watch` that works by the same spec; without one it opens spec, state and engine as `withEngine` does. */
export async function withWatch<Result>(
  input: Input,
  options: WithEngineOptions,
  use: (asked: Asked) => Promise<Result>,
): Promise<Result> {
  return withEngine(input, { ...options, ask: use }, use);
}

/** Opens spec, state and engine for the time of `use`. Throws SpecError, or EngineError as `openEngine` does. */
export async function withEngine<Result>(
  { flags, json, terminal, specCache }: Input,
  {
    board = false,
    omit = [],
    reading = false,
    labels,
    ask,
  }: WithEngineOptions & { readonly ask?: (asked: Asked) => Promise<Result> },
  use: (opened: OpenedEngine) => Promise<Result>,
): Promise<Result> {
  const { "log-level": level, "log-format": format, "state-dir": stateDir } = flags;
  const reporter = createReporter({ terminal, level, format, board: board && !json, omit });
  const { runtime, onEvent } = reporter;
  const spec = await readSpec(flags.file, terminal, { cache: specCache, stateDir, blocking: true });
  for (const { message, path } of spec.warnings) runtime.log.warn(message, { path });
  const names = spec.rotations.map(({ name }) => name);
  const troubles: TroubleReport[] = [];
  const patience = reading ? readsAfter : undefined;
  const onSilent = (error: EngineError): void => void troubles.push(troubleOf(error));
  const watch = ask && (await watchOf(spec, { stateDir, onEvent, patience, onSilent }));
  if (watch !== undefined) reporter.tellBy(watch.engine.now);
  if (ask !== undefined && watch !== undefined)
    return ask({ ...watch, names, reporter, troubles, now: watch.engine.now }).finally(reporter.close);
  const state = stateDir === undefined ? {} : { stateDir: resolve(stateDir) };
  const backend = await openBackend({ spec, runtime, reading, labels, ...state });
  try {
    const engine = await openEngine({ spec, runtime, backend, onEvent, by: whoAsks() });
    reporter.tellBy(engine.now);
    return await use({ engine, own: engine, names, reporter, troubles, stateDir: backend.place, now: engine.now });
  } finally {
    reporter.close();
    await backend.close();
  }
}

/** Nothing is loaded for it where no watch has left its socket. */
async function watchOf(
  spec: Spec,
  { stateDir, ...finding }: Omit<Finding, "spec"> & { readonly stateDir: string | undefined },
): Promise<Pick<Asked, "engine" | "stateDir"> | undefined> {
  const flag = stateDir === undefined ? undefined : resolve(stateDir);
  const [place] = statePlaces(spec, { flag, env: process.env });
  if (place === undefined || !existsSync(join(place.path, "control.sock"))) return undefined;
  const [{ findWatch }, { specKey }] = await Promise.all([import("./control/remote.ts"), import("./control/place.ts")]);
  const engine = await findWatch(place.path, { ...finding, spec: () => specKey(spec) });
  return engine && { engine, stateDir: place.path };
}
