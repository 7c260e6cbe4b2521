import { limits } from "./bounds.ts";
import { formatPath, type Fault, type Span } from "./fault.ts";
import { codeFrame, linesOf, printable, textsInBroken, type Line } from "./frame.ts";
import type { Diagnostic } from "./model.ts";
import type { Positions } from "./positions.ts";
import type { Source } from "./source.ts";
import type { IsShown } from "./visibility.ts";

interface Placed {
  readonly fault: Fault;
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
}

/** Faults at their places, in file order, each once, with frames that show no secret. */
export async function toDiagnostics(
  faults: readonly Fault[],
  { file, source, isShown }: { readonly file: string; readonly source: Source; readonly isShown: IsShown },
): Promise<readonly Diagnostic[]> {
  if (faults.length === 0) return [];
  const positions = await source.positions();
  const placed = once(faults.map((fault) => placeOf(fault, source.text, positions)));
  const kept = placed.slice(0, limits.faults);
  const lines = linesOf(source.text);
  const hidden = source.broken ? [] : positions.hidden(isShown);
  const diagnostics = kept.map((one) =>
    diagnosticOf(one, {
      file,
      lines,
      hidden: source.broken ? hiddenNear(lines, one.line) : spansNear(lines, one.line, hidden),
    }),
  );
  return placed.length === kept.length ? diagnostics : [...diagnostics, theRest(file, placed.length - kept.length)];
}

function placeOf(found: Fault, text: string, { locate, place }: Positions): Placed {
  const [from, to] = locate(found);
  const fault = quoted(found, text, [from, to]);
  const start = place(from);
  const end = place(to);
  const endColumn = end.line === start.line ? Math.max(end.column, start.column + 1) : start.column + 1;
  return { fault, ...start, endColumn };
}

/** The fault with the text itself in the hint, where only quotes are missing. */
function quoted(fault: Fault, text: string, [from, to]: Span): Fault {
  return fault.quote === true ? { ...fault, hint: `put it in quotes: "${text.slice(from, to)}"` } : fault;
}

function once(placed: readonly Placed[]): readonly Placed[] {
  const sorted = placed.toSorted((a, b) => a.line - b.line || a.column - b.column);
  const seen = new Set<string>();
  return sorted.filter(({ fault, line, column }) => {
    const key = `${line}:${column} ${fault.message}`;
    return !seen.has(key) && seen.add(key);
  });
}

function hiddenNear(lines: readonly Line[], line: number): readonly Span[] {
  return [lines[line - 2], lines[line - 1]].flatMap((one) => (one === undefined ? [] : textsInBroken(one)));
}

function spansNear(lines: readonly Line[], line: number, hidden: readonly Span[]): readonly Span[] {
  const from = lines[line - 2]?.offset ?? 0;
  const to = lines[line]?.offset ?? Infinity;
  return hidden.filter(([start, end]) => start < to && end > from);
}

interface Surroundings {
  readonly file: string;
  readonly lines: readonly Line[];
  readonly hidden: readonly Span[];
}

function diagnosticOf({ fault, ...place }: Placed, { file, lines, hidden }: Surroundings): Diagnostic {
  return {
    severity: fault.severity ?? "error",
    file,
    ...place,
    path: formatPath(fault.path),
    message: printable(fault.message),
    hint: fault.hint === undefined ? undefined : printable(fault.hint),
    frame: place.line === 0 ? undefined : codeFrame(lines, place, hidden),
  };
}

function theRest(file: string, count: number): Diagnostic {
  return withoutPlace(file, `and ${count} more faults`);
}

/** A diagnostic about the whole file. */
export function withoutPlace(file: string, message: string, hint?: string): Diagnostic {
  return { severity: "error", file, line: 0, column: 0, endColumn: 0, path: "", message, hint, frame: undefined };
}
