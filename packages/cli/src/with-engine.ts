import { resolve } from "node:path";
import { type Engine, type EngineEvent, openEngine, openLocalBackend } from "@rotate/core";
import type { ActionInput } from "./action.ts";
import { createReporter, type Reporter } from "./reporter.ts";
import { readSpec } from "./spec.ts";

/** An open engine and what a command needs beside it. */
export interface OpenedEngine {
  readonly engine: Engine;
  readonly reporter: Reporter;
  /** The directory of the state. */
  readonly stateDir: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** How a command is told of, and what it does with the state. */
export interface WithEngineOptions {
  /** Redraw progress in place when there is a terminal. */
  readonly board?: boolean;
  /** Events that the command reports itself. */
  readonly omit?: readonly EngineEvent["type"][];
  /** The command only looks: it works on a state that cannot be written as well. */
  readonly reading?: boolean;
}

type Input = Pick<ActionInput<object, unknown>, "flags" | "json" | "terminal" | "specCache">;

/** Opens spec, state and engine for the time of `use`. Throws SpecError, or EngineError as `openEngine` does. */
export async function withEngine<Result>(
  { flags, json, terminal, specCache }: Input,
  { board = false, omit = [], reading = false }: WithEngineOptions,
  use: (opened: OpenedEngine) => Promise<Result>,
): Promise<Result> {
  const { "log-level": level, "log-format": format, "state-dir": stateDir } = flags;
  const reporter = createReporter({ terminal, level, format, board: board && !json, omit });
  const { runtime, onEvent } = reporter;
  const spec = await readSpec(flags.file, terminal, { cache: specCache, stateDir });
  for (const { message, path } of spec.warnings) runtime.log.warn(message, { path });
  const state = stateDir === undefined ? {} : { stateDir: resolve(stateDir) };
  const backend = await openLocalBackend({ spec, runtime, reading, ...state });
  try {
    const engine = await openEngine({ spec, runtime, backend, onEvent });
    return await use({ engine, reporter, stateDir: backend.place, now: runtime.now });
  } finally {
    reporter.close();
    await backend.close();
  }
}
