/** Where the assignments of an `.env` file stand, for readers that do not agree what a quote is. */

export type Dialect = "shell" | "docker";

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

/** Where a value that begins at `start` ends, or undefined when the text is not of this syntax. */
type ValueEnd = (text: string, start: number) => number | undefined;

interface Syntax {
  readonly head: RegExp;
  /** What blanks behind the `=` are. */
  readonly blanks: "skipped" | "value";
  readonly valueEnd: ValueEnd;
  /** Where a line or statement ends that is no assignment. */
  readonly otherEnd: ValueEnd;
}

/** docker/cli, pkg/kvfile: a line each, the name up to the first `=`, all after it the value, blanks included. */
const dockerSyntax: Syntax = {
  head: /[ \t]*(?<key>[^\s=#][^\s=]*)=/y,
  blanks: "value",
  valueEnd: lineEnd,
  otherEnd: lineEnd,
};
const assignment = /[ \t]*(?:export[ \t]+)?(?<key>[A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=/y;
/** node --env-file: a quote at the beginning of the value reaches to the next one, over lines. */
const plainSyntax: Syntax = { head: assignment, blanks: "skipped", valueEnd: dotenvEnd(false), otherEnd: lineEnd };
/** dotenv (npm): the same, but a backslash protects a quote. */
const escapedSyntax: Syntax = { head: assignment, blanks: "skipped", valueEnd: dotenvEnd(true), otherEnd: lineEnd };
/** POSIX sh, 2.2: quotes anywhere in a word. */
const shellSyntax: Syntax = { head: assignment, blanks: "skipped", valueEnd: shellEnd, otherEnd: shellEnd };

/** All assignments, as the most common reader of the dialect finds them. */
export function scan(text: string, dialect: Dialect): readonly Entry[] {
  return scanAs(text, dialect === "docker" ? dockerSyntax : plainSyntax) ?? [];
}

/** True when every reader of the dialect finds these keys at the same places. A text that a shell could not read at all is not meant for one. */
export function readersAgree(text: string, dialect: Dialect, keys: readonly string[]): boolean {
  if (dialect === "docker") return true;
  const ours = placesOf(scan(text, dialect), keys);
  return [escapedSyntax, shellSyntax].every((syntax) => {
    const entries = scanAs(text, syntax);
    return entries === undefined || placesOf(entries, keys) === ours;
  });
}

function placesOf(entries: readonly Entry[], keys: readonly string[]): string {
  return entries
    .filter(({ key }) => keys.includes(key))
    .map(({ key, head }) => `${key}@${head}`)
    .join(" ");
}

function scanAs(text: string, syntax: Syntax): readonly Entry[] | undefined {
  const entries: Entry[] = [];
  let line = 1;
  for (let at = byteOrderMark(text); at < text.length;) {
    const entry = entryAt(text, at, syntax);
    const end = entry === undefined ? otherEnd(text, at, syntax) : entry.end;
    if (end === undefined) return undefined;
    if (entry !== undefined) entries.push({ ...entry, head: at, line });
    const next = afterLine(text, end);
    line += text.slice(at, next).split("\n").length - 1;
    at = next;
  }
  return entries;
}

/** The text is one character per byte (latin1), so the mark of UTF-8 is three. */
function byteOrderMark(text: string): number {
  return text.startsWith("\u00ef\u00bb\u00bf") ? 3 : 0;
}

function entryAt(
  text: string,
  at: number,
  { head, blanks, valueEnd }: Syntax,
): Omit<Entry, "line" | "head"> | undefined {
  head.lastIndex = at;
  const key = head.exec(text)?.groups?.["key"];
  if (key === undefined) return undefined;
  const from = head.lastIndex;
  const end = valueEnd(text, from);
  if (end === undefined) return undefined;
  return { key, start: blanks === "value" ? from : Math.min(afterBlanks(text, from), end), end };
}

function otherEnd(text: string, at: number, syntax: Syntax): number | undefined {
  const isComment = text.charAt(afterBlanks(text, at)) === "#";
  return isComment ? lineEnd(text, at) : syntax.otherEnd(text, at);
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

function dotenvEnd(escapes: boolean): ValueEnd {
  return (text, from) => {
    const start = afterBlanks(text, from);
    const quote = text.charAt(start);
    const close = "'\"`".includes(quote) && quote !== "" ? closing(text, start, escapes) : undefined;
    return close === undefined ? bareEnd(text, from) : wordEnd(text, close + 1);
  };
}

/** A bare value ends before a comment, which needs a blank before it. */
function bareEnd(text: string, from: number): number {
  const [value = ""] = text.slice(from, lineEnd(text, from)).split(/[ \t]#/, 1);
  return from + value.trimEnd().length;
}

/** What sticks to a closing quote belongs to the value. */
function wordEnd(text: string, from: number): number {
  const blank = text.slice(from).search(/[ \t\r\n]/);
  return blank === -1 ? text.length : from + blank;
}

/** The quote that ends the one at `open`. */
function closing(text: string, open: number, escapes: boolean): number | undefined {
  const quote = text.charAt(open);
  for (let at = open + 1; at < text.length; at++) {
    if (escapes && text.charAt(at) === "\\") at += 1;
    else if (text.charAt(at) === quote) return at;
  }
  return undefined;
}

function shellEnd(text: string, from: number): number | undefined {
  for (let at = from; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === "\n") return at;
    if (char === "#" && /[ \t]/.test(text.charAt(at - 1))) return lineEnd(text, at);
    if (char === "\\") at += 1;
    if (char !== "'" && char !== '"' && char !== "`") continue;
    const close = closing(text, at, char !== "'");
    if (close === undefined) return undefined;
    at = close;
  }
  return text.length;
}
