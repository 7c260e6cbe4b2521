import { setTimeout as sleep } from "node:timers/promises";
import type { StatusReport } from "@rotate/core";
import type { Terminal } from "../output/terminal.ts";
import { UsageError } from "../failure.ts";
import { listenForInterrupt } from "../interrupt.ts";
import { renderLive } from "../output/live-status.ts";
import { lookOf } from "../output/look.ts";
import { openScreen } from "../screen.ts";

/** What is looked at again and again. */
export interface Watched {
  readonly json: boolean;
  readonly terminal: Terminal;
  readonly now: () => number;
  readonly read: () => Promise<StatusReport>;
}

const lookEvery = 1_000;

/** Again and again until a signal to stop or the key q: on a screen of its own; with `--json` one object for each change. Throws UsageError. */
export function watchStatus(watched: Watched): Promise<undefined> {
  if (watched.json) return tellChanges(watched);
  if (watched.terminal.view() === undefined)
    throw new UsageError(
      "--watch draws on a terminal, and there is none",
      "with --json it prints an object for each change",
    );
  return drawScreens(watched);
}

async function tellChanges({ terminal, read }: Watched): Promise<undefined> {
  const interrupt = listenForInterrupt();
  for (let before = ""; !interrupt.signal.aborted; await pause(interrupt.signal)) {
    const { at, ...rest } = await read();
    const now = JSON.stringify(rest);
    if (now !== before) terminal.out(JSON.stringify({ at, ...rest }));
    before = now;
  }
  interrupt.release();
}

async function drawScreens({ terminal, now, read }: Watched): Promise<undefined> {
  const interrupt = listenForInterrupt();
  const quit = new AbortController();
  const ending = AbortSignal.any([interrupt.signal, quit.signal]);
  let offset = 0;
  let report = await read();

  function draw(): void {
    screen.draw(renderLive(report, lookOf(terminal, now()), { offset }));
  }

  function onKey(key: string): void {
    if (key === "q" || key === "\u0003") return quit.abort();
    const step = steps[key] ?? 0;
    offset = Math.max(0, Math.min(report.rotations.length - 1, offset + step));
    if (step !== 0) draw();
  }

  const screen = openScreen({ write: (text) => terminal.redraw(text), input: process.stdin, onKey });
  try {
    for (; !ending.aborted; await pause(ending)) {
      report = await read();
      draw();
    }
  } finally {
    screen.close();
    interrupt.release();
  }
}

/** Rows, by key: letters, arrows, pages. */
const steps: Readonly<Record<string, number>> = {
  j: 1,
  k: -1,
  "\u001b[B": 1,
  "\u001b[A": -1,
  " ": 10,
  "\u001b[6~": 10,
  "\u001b[5~": -10,
};

async function pause(signal: AbortSignal): Promise<void> {
  try {
    await sleep(lookEvery, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
