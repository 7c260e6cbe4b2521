/** What a command says while it works: engine events and plugins' messages, on standard error, through the runtime's masked log. */
import { createRuntime, type EngineEvent, logLevels, type LogLevel, type OnEvent, type Runtime } from "@rotate/core";
import { createBoard } from "./output/board.ts";
import { describeEvent } from "./output/event-line.ts";
import type { Terminal } from "./output/terminal.ts";

export interface ReporterOptions {
  readonly terminal: Terminal;
  /** The least that is logged. */
  readonly level: LogLevel;
  readonly format: "text" | "json";
  /** Redraw progress in place when there is a terminal; else every event is a line. */
  readonly board: boolean;
  /** Events that the command reports itself at the end. */
  readonly omit: readonly EngineEvent["type"][];
}

export interface Reporter {
  /** The outside world, its log on this terminal, its masker over all that is printed. */
  readonly runtime: Runtime;
  readonly onEvent: OnEvent;
  /** Ends the redrawing. */
  readonly close: () => void;
}

/** A runtime that reports to the terminal. */
export function createReporter({ terminal, level, format, board: wanted, omit }: ReporterOptions): Reporter {
  const redraw = wanted && format === "text" && terminal.screen() !== undefined;
  const board = redraw ? createBoard(terminal) : undefined;
  const print = board?.print ?? terminal.err;
  const runtime = createRuntime({
    log: { level, format, write: (line) => print(line.replace(/\n$/, "")) },
    announce: terminal.announce,
  });
  terminal.setMask(runtime.masker.mask);
  const least = redraw && level === "info" ? "warn" : level;

  function onEvent(event: EngineEvent): void {
    board?.show(event);
    const line = describeEvent(event, runtime.now());
    if (omit.includes(event.type) || logLevels.indexOf(line.level) < logLevels.indexOf(least)) return;
    const { type, ...fields } = event;
    if (format === "json") runtime.log[line.level](line.message, { event: type, ...fields });
    else runtime.log[line.level](line.rotation === undefined ? line.message : `${line.rotation}: ${line.message}`);
  }
  return { runtime, onEvent, close: () => board?.close() };
}
