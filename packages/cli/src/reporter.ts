/** What a command says while it works: engine events and plugins' messages, on standard error, through the runtime's masked log. */
import { createRuntime, type EngineEvent, logLevels, type LogLevel, type OnEvent, type Runtime } from "@rotate/core";
import { type Board, createBoard } from "./output/board.ts";
import { describeEvent, type Line } from "./output/event-line.ts";
import { createFolding } from "./output/fold-failures.ts";
import { wrap } from "./output/look.ts";
import type { Terminal } from "./output/terminal.ts";

/** How much is said while a command works, and in what form. */
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

/** What a command works with while somebody reads along. */
export interface Reporter {
  /** The outside world, its log on this terminal, its masker over all that is printed. */
  readonly runtime: Runtime;
  readonly onEvent: OnEvent;
  /** By which clock the instants of events are told, ms since 1970. Default: the runtime's. */
  readonly tellBy: (clock: () => number) => void;
  /** Ends the redrawing. */
  readonly close: () => void;
}

/** RFC 3339: somebody who looks on knows what time it is. */
const timestamp = /^\d{4}-\S+Z /;

interface Told extends Line {
  readonly terminal: Terminal;
  /** ms since 1970. */
  readonly now: number;
}

/** What has been done, above the rows that say what is being done. What failed is told with the retry, or at the end. */
function tell(board: Board, event: EngineEvent, { rotation, message, terminal, now }: Told): void {
  if (event.type === "rotation-started" || event.type === "phase-started") return;
  if (event.type === "phase-finished" && event.phase.result === "failed") return;
  const text = rotation === undefined ? message : `${terminal.paintErr("bold", rotation)}  ${message}`;
  board.print(wrap(text, { screen: terminal.screen(), now }, { rest: 4 }));
}

/** A runtime that reports to the terminal. */
export function createReporter({ terminal, level, format, board: wanted, omit }: ReporterOptions): Reporter {
  const redraw = wanted && format === "text" && terminal.screen() !== undefined;
  const board = redraw ? createBoard(terminal) : undefined;
  const write = (line: string): void => {
    const text = line.replace(/\n$/, "");
    if (board === undefined) terminal.err(text);
    else board.print(text.replace(timestamp, ""));
  };
  const runtime = createRuntime({ log: { level, format, write }, announce: terminal.announce });
  terminal.setMask(runtime.masker.mask);
  const fold = createFolding();
  let now = runtime.now;

  function onEvent(event: EngineEvent): void {
    board?.show(event);
    if (omit.includes(event.type)) return;
    const told = describeEvent(event, now());
    // A program counts for itself.
    const line = format === "json" ? told : fold(event, told, now());
    if (logLevels.indexOf(line.level) < logLevels.indexOf(level)) return;
    if (board !== undefined) return tell(board, event, { ...line, terminal, now: now() });
    const { type, ...fields } = event;
    if (format === "json") runtime.log[line.level](line.message, { event: type, ...fields });
    else runtime.log[line.level](line.rotation === undefined ? line.message : `${line.rotation}: ${line.message}`);
  }
  return { runtime, onEvent, tellBy: (clock) => void (now = clock), close: () => board?.close() };
}
