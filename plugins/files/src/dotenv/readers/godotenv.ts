import { isGoSpace, type Pair, type Reader, withoutQuotes } from "./reader.ts";

/** `github.com/joho/godotenv`, parser.go (1.5). Values as they stand, before variables in them are expanded. */
export const godotenv: Reader = {
  name: "godotenv of Go",
  encoding: "latin1",
  read(original) {
    const text = original.replaceAll("\r\n", "\n");
    const pairs: Pair[] = [];
    for (let at = statementStart(text, 0); at < text.length;) {
      const key = keyAt(text, at);
      const value = key && valueAt(text, key.end);
      if (key === undefined || value === undefined) return undefined;
      pairs.push({ key: key.text, value: value.text });
      at = statementStart(text, value.end);
    }
    return pairs;
  },
};

interface Part {
  readonly text: string;
  readonly end: number;
}

/** Behind blanks, empty lines and comments. */
export function statementStart(text: string, from: number): number {
  let at = from;
  for (;;) {
    while (at < text.length && (isGoSpace(text.charAt(at)) || text.charAt(at) === "\n")) at += 1;
    if (text.charAt(at) !== "#") return at;
    const feed = text.indexOf("\n", at);
    at = feed === -1 ? text.length : feed;
  }
}

/** Behind blanks of the same line. */
export function afterSpaces(text: string, from: number): number {
  let at = from;
  while (at < text.length && isGoSpace(text.charAt(at))) at += 1;
  return at;
}

/** A name up to `=` or `:`; undefined for what may not be in one, and where there is none (it would be taken for an empty name). */
function keyAt(text: string, start: number): Part | undefined {
  const from = /^export[\t\v\f\r \u0085\u00a0]/.test(text.slice(start, start + 7))
    ? afterSpaces(text, start + 6)
    : start;
  for (let at = from; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === "=" || char === ":") return { text: text.slice(from, at).trimEnd(), end: afterSpaces(text, at + 1) };
    if (
      !isGoSpace(char) &&
      !/[\w.\u00aa\u00b2\u00b3\u00b5\u00b9\u00ba\u00bc-\u00be\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff]/.test(char)
    )
      return undefined;
  }
  return undefined;
}

function valueAt(text: string, start: number): Part | undefined {
  const quote = text.charAt(start);
  if (quote === "'" || quote === '"') return quotedAt(text, start, quote);
  const end = lineEnd(text, start);
  return { text: trimmed(withoutComment(text.slice(start, end))), end };
}

function lineEnd(text: string, from: number): number {
  const end = /[\r\n]/g;
  end.lastIndex = from;
  return end.exec(text)?.index ?? text.length;
}

/** A quote ends it, unless a backslash stands right before. */
function quotedAt(text: string, start: number, quote: string): Part | undefined {
  for (let at = text.indexOf(quote, start + 1); at !== -1; at = text.indexOf(quote, at + 1)) {
    if (text.charAt(at - 1) !== "\\") return { text: withoutQuotes(text.slice(start, at + 1)), end: at + 1 };
  }
  return undefined;
}

/** The last sign of a comment that has a blank before it counts. */
function withoutComment(line: string): string {
  for (let at = line.lastIndexOf("#"); at > 0; at = line.lastIndexOf("#", at - 1))
    if (isGoSpace(line.charAt(at - 1))) return line.slice(0, at);
  return line;
}

function trimmed(line: string): string {
  let [start, end] = [0, line.length];
  while (start < end && isGoSpace(line.charAt(start))) start += 1;
  while (end > start && isGoSpace(line.charAt(end - 1))) end -= 1;
  return line.slice(start, end);
}
