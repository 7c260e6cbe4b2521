import type { Span } from "./fault.ts";

/** Takes the place of what a code frame must not show. Its length says nothing. */
const covered = "••••••";

/** Columns of text that a frame shows of a long line. */
const widest = 120;

/** A place in a text, from 1; `endColumn` is the column after it. */
export interface FramePlace {
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
}

interface Row {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

/**
 * The line of a fault and the one before it, with the place underlined. `hidden` spans (sorted, offsets in the whole text) are covered,
 * passwords inside URLs and comments too; control characters cannot reach a terminal.
 */
export function codeFrame(lines: readonly Line[], place: FramePlace, hidden: readonly Span[]): string {
  const width = String(place.line).length;
  const rows = [place.line - 1, place.line].flatMap((number) => {
    const line = lines[number - 1];
    if (line === undefined) return [];
    const row = number === place.line ? { from: place.column - 1, to: place.endColumn - 1 } : { from: 0, to: 0 };
    return [{ number, ...crop(cover(line, hidden, row)) }];
  });
  const marked = rows.at(-1);
  const printed = rows.map(({ number, text }) =>
    `${number === place.line ? ">" : " "} ${String(number).padStart(width)} | ${printable(text)}`.trimEnd(),
  );
  if (marked === undefined) return "";
  return [...printed, `  ${" ".repeat(width)} | ${underline(marked)}`].join("\n");
}

/** A line of the text and the offset at which it begins. */
export interface Line {
  readonly text: string;
  readonly offset: number;
}

/** The lines of a text, without their line ends. */
export function linesOf(text: string): readonly Line[] {
  const lines: Line[] = [];
  for (const match of text.matchAll(/([^\r\n]*)(?:\r\n|\r|\n|$)/g))
    lines.push({ text: match[1] ?? "", offset: match.index });
  return lines;
}

/** The line with what is hidden in it covered, and where the underlined part went by that. */
function cover({ text, offset }: Line, hidden: readonly Span[], { from, to }: Omit<Row, "text">): Row {
  const inLine = hidden
    .map(([start, end]): Span => [Math.max(0, start - offset), Math.min(text.length, end - offset)])
    .filter(([start, end]) => start < end);
  const spans = withoutOverlap([...inLine, ...passwordsIn(text), ...commentIn(text, inLine)]);
  const shown = spans.map(([start], index) => text.slice(spans[index - 1]?.[1] ?? 0, start) + covered).join("");
  return {
    text: shown + text.slice(spans.at(-1)?.[1] ?? 0),
    from: moved(from, spans, 0),
    to: moved(to, spans, covered.length),
  };
}

function withoutOverlap(spans: readonly Span[]): readonly Span[] {
  const sorted = spans.toSorted((a, b) => a[0] - b[0]);
  return sorted.filter(([start], index) => sorted.slice(0, index).every(([, end]) => end <= start));
}

/** Where a column went; one inside a cover goes to its begin, `inside` columns further. */
function moved(column: number, spans: readonly Span[], inside: number): number {
  let shift = 0;
  for (const [start, end] of spans) {
    if (start >= column) break;
    if (end > column) return start + shift + inside;
    shift += covered.length - (end - start);
  }
  return column + shift;
}

function passwordsIn(text: string): readonly Span[] {
  return [...text.matchAll(/:\/\/[^\s:@/]*:([^\s@]+)@/g)].flatMap((match) => {
    const password = match[1] ?? "";
    const start = match.index + match[0].length - 1 - password.length;
    return password.startsWith("{{") ? [] : [[start, start + password.length] as const];
  });
}

function commentIn(text: string, spans: readonly Span[]): readonly Span[] {
  for (const match of text.matchAll(/(?:^|\s)#/g)) {
    const start = match.index + match[0].length;
    const quoted = (text.slice(0, start).match(/["']/g)?.length ?? 0) % 2 === 1;
    const inside = spans.some(([from, to]) => start > from && start <= to);
    if (!quoted && !inside && start < text.trimEnd().length) return [[start, text.length]];
  }
  return [];
}

function crop({ text, from, to }: Row): Row {
  if (text.length <= widest) return { text, from, to };
  const start = Math.max(0, Math.min(from - Math.floor(widest / 3), text.length - widest));
  const head = start > 0 ? "…" : "";
  const tail = start + widest < text.length ? "…" : "";
  const shift = head.length - start;
  const end = Math.min(to, start + widest);
  return { text: head + text.slice(start, start + widest) + tail, from: from + shift, to: end + shift };
}

/** Tabs stay in the indentation, so that the mark stands below what it marks. */
function underline({ text, from, to }: Row): string {
  const before = Array.from(printable(text.slice(0, from)))
    .map((sign) => (sign === "\t" ? "\t" : " ".repeat(columns(sign))))
    .join("");
  return before + "^".repeat(Math.max(1, columns(printable(text.slice(from, to)))));
}

const wide =
  /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|\p{Emoji_Presentation}/u;

/** Columns that a text takes on a terminal. */
function columns(text: string): number {
  return Array.from(text).reduce((sum, sign) => sum + (wide.test(sign) ? 2 : Number(!/\p{Mn}/u.test(sign))), 0);
}

/** The text without what could steer a terminal or turn its reading direction. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu, (sign) =>
    sign === "\t" ? "\t" : "�",
  );
}

/** What to cover in a line that is not YAML: every text but the keys, since nobody can tell which of them is secret. */
export function textsInBroken({ text, offset }: Line): readonly Span[] {
  const token = /("(?:[^"\\]|\\.)*"?|'[^']*'?)(\s*:)?|((?:[^\s,[\]{}:"'#]|:(?=\S))+)(\s*:(?=\s|$))?/g;
  return [...text.matchAll(token)].flatMap((match): Span[] => {
    const word = match[1] ?? match[3] ?? "";
    const isKey = (match[2] ?? match[4]) !== undefined && /^["']?[\w./-]{1,64}["']?$/.test(word);
    if (isKey || !/[\p{L}\p{N}]/u.test(word)) return [];
    return [[offset + match.index, offset + match.index + word.length]];
  });
}
