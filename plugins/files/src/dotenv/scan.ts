import type { Dialect } from "./dialect.ts";
import { valueAt } from "./readers/systemd.ts";

/** One assignment. Offsets into the text; the value is `[start, end)`, quotes included. */
export interface Entry {
  readonly key: string;
  /** From 1. */
  readonly line: number;
  /** Where its line begins. */
  readonly head: number;
  readonly start: number;
  readonly end: number;
}

/** Where the assignments of an env file stand. */
interface Syntax {
  readonly head: RegExp;
  /** What blanks behind the `=` are. */
  readonly blanks: "skipped" | "value";
  /** Where a value that begins at `start` ends. */
  readonly valueEnd: (text: string, start: number) => number;
}

const assignment = /[ \t]*(?:export[ \t]+)?(?<key>[A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=/y;
/** As Node finds them: a quote at the beginning of the value reaches to the next one, over lines. */
const plain: Syntax = { head: assignment, blanks: "skipped", valueEnd: quotedOrBare };

const syntaxes: Readonly<Record<Dialect, Syntax>> = {
  shell: plain,
  dotenv: plain,
  compose: { head: assignment, blanks: "skipped", valueEnd: composeEnd },
  docker: { head: /[ \t]*(?<key>[^\s=#][^\s=]*)=/y, blanks: "value", valueEnd: lineEnd },
  systemd: {
    head: /[ \t]*(?<key>[A-Za-z_][A-Za-z0-9_]*)[ \t]*=/y,
    blanks: "skipped",
    valueEnd: (text, start) => trimmedEnd(text, start, valueAt(text, start).end),
  },
};

/** All assignments, as the most common reader of the dialect finds them. The text is one character per byte (latin1). */
export function scan(text: string, dialect: Dialect): readonly Entry[] {
  const syntax = syntaxes[dialect];
  const entries: Entry[] = [];
  let line = 1;
  for (let at = byteOrderMark(text); at < text.length;) {
    const entry = entryAt(text, at, syntax);
    if (entry !== undefined) entries.push({ ...entry, head: at, line });
    const next = afterLine(text, entry === undefined ? lineEnd(text, at) : entry.end);
    line += feedsIn(text, at, next);
    at = next;
  }
  return entries;
}

function feedsIn(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf("\n", from); at !== -1 && at < to; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}

/** The mark of UTF-8 is three characters here. */
function byteOrderMark(text: string): number {
  return text.startsWith("\u00ef\u00bb\u00bf") ? 3 : 0;
}

function entryAt(text: string, at: number, syntax: Syntax): Omit<Entry, "line" | "head"> | undefined {
  const { head, blanks, valueEnd } = syntax;
  head.lastIndex = at;
  const key = head.exec(text)?.groups?.["key"];
  if (key === undefined) return undefined;
  const from = head.lastIndex;
  const end = valueEnd(text, from);
  return { key, start: blanks === "value" ? from : Math.min(afterBlanks(text, from), end), end };
}

function afterBlanks(text: string, from: number): number {
  let at = from;
  while (text.charAt(at) === " " || text.charAt(at) === "\t") at += 1;
  return at;
}

/** Before the line's CR LF, LF, or the end of the text. */
function lineEnd(text: string, from: number): number {
  const feed = text.indexOf("\n", from);
  if (feed === -1) return text.length;
  return feed > from && text.charAt(feed - 1) === "\r" ? feed - 1 : feed;
}

/** Behind the line's end. */
function afterLine(text: string, from: number): number {
  const feed = text.indexOf("\n", from);
  return feed === -1 ? text.length : feed + 1;
}

function quotedOrBare(text: string, from: number): number {
  const start = afterBlanks(text, from);
  const quote = text.charAt(start);
  const close = quote !== "" && "'\"`".includes(quote) ? text.indexOf(quote, start + 1) : -1;
  if (close === -1) return bareEnd(text, from, /[ \t]#/);
  const word = /[ \t\r\n]|$/g; // what sticks to a closing quote belongs to the value
  word.lastIndex = close + 1;
  return word.exec(text)?.index ?? text.length;
}

function composeEnd(text: string, from: number): number {
  const start = afterBlanks(text, from);
  const quoted = /(?:'[^'\\]*(?:\\[^][^'\\]*)*'|"[^"\\]*(?:\\[^][^"\\]*)*")/y;
  quoted.lastIndex = start;
  return quoted.test(text) ? quoted.lastIndex : bareEnd(text, from, / #/);
}

/** A bare value ends before a comment, which needs a blank before it. */
function bareEnd(text: string, from: number, comment: RegExp): number {
  const [value = ""] = text.slice(from, lineEnd(text, from)).split(comment, 1);
  return from + value.trimEnd().length;
}

function trimmedEnd(text: string, from: number, end: number): number {
  return from + text.slice(from, end).trimEnd().length;
}
