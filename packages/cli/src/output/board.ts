/** Progress on a terminal: one row for each rotation in work, redrawn in place; every other line scrolls by above it. */
import type { EngineEvent, PhaseName } from "@rotate/core";
import type { Terminal } from "./terminal.ts";

/** Rows that move, on a terminal that can redraw them. */
export interface Board {
  /** Moves a rotation's row on. */
  readonly show: (event: EngineEvent) => void;
  /** A line above the rows. */
  readonly print: (line: string) => void;
  /** Takes the rows away. */
  readonly close: () => void;
}

/** What a phase is at. */
const doing: Readonly<Record<PhaseName, string>> = {
  preflight: "checking sinks, reloads and provider",
  mint: "minting a credential",
  verify: "verifying it",
  prepare: "preparing the sinks",
  commit: "writing the sinks",
  undo: "putting the sinks back",
  reload: "reloading the consumer",
  health: "looking at the consumer",
  settle: "settling",
  renew: "renewing the lease",
};

const eraseBelow = "\u001b[0J";

/** A board on standard error. `screen` is asked at each drawing, so that a resized window stays whole. */
export function createBoard(terminal: Terminal): Board {
  const rows = new Map<string, string>();
  let drawn = 0;

  function draw(above = ""): void {
    const lines = visible(rows, terminal);
    terminal.draw(`${up(drawn)}${eraseBelow}${above}${lines.map((line) => `${line}\n`).join("")}`);
    drawn = lines.length;
  }

  return {
    show: (event) => {
      if (!move(rows, event)) return;
      draw();
    },
    print: (line) => draw(`${line}\n`),
    close: () => {
      rows.clear();
      if (drawn > 0) draw();
    },
  };
}

function up(lines: number): string {
  return lines === 0 ? "" : `\u001b[${lines}A\r`;
}

/** True when something changed. */
function move(rows: Map<string, string>, event: EngineEvent): boolean {
  if (event.type === "rotation-started") rows.set(event.rotation, event.why);
  else if (event.type === "phase-started") rows.set(event.rotation, `${doing[event.phase]} …`);
  else if (event.type === "waiting-for-lock") rows.set(event.rotation, "waiting for another process …");
  else if (event.type === "retry-scheduled") rows.set(event.rotation, "waiting to try again …");
  else return event.type === "rotation-finished" && rows.delete(event.rotation);
  return true;
}

/** The rows that fit: none may wrap, or the next redraw would count wrong. */
function visible(rows: ReadonlyMap<string, string>, { screen, paintErr }: Terminal): readonly string[] {
  const { columns, rows: height } = screen() ?? { columns: 80, rows: 24 };
  const room = Math.max(1, height - 2);
  const shown = [...rows].slice(0, room).map(([name, text]) => {
    const plain = `${name}  ${text}`.slice(0, columns - 1);
    return plain.startsWith(name) ? `${paintErr("bold", name)}${plain.slice(name.length)}` : plain;
  });
  const hidden = rows.size - shown.length;
  return hidden === 0 ? shown : [...shown, paintErr("dim", `… and ${hidden} more`)];
}
