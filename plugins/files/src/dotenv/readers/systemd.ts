import { isUtf8 } from "node:buffer";
import { type Pair, type Reader } from "./reader.ts";

/** `EnvironmentFile=` of systemd (src/basic/env-file.c, systemd.exec(5)), since 254. */
export const systemd: Reader = readerOf("systemd", false);
/** Before 254 a backslash at the end of a comment made the next line a part of it. */
export const olderSystemd: Reader = readerOf("systemd before 254", true);

function readerOf(name: string, commentsGoOn: boolean): Reader {
  return {
    name,
    encoding: "latin1",
    read: (text) => (isUtf8(Buffer.from(text, "latin1")) ? assignmentsOf(text, commentsGoOn).map(pairOf) : undefined),
  };
}

function pairOf({ key, value }: Assignment): Pair {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) return { key, value };
  const name = /^(?:export\s+|\u00ef\u00bb\u00bf)([A-Za-z_][A-Za-z0-9_]*)$/.exec(key)?.[1];
  return name === undefined ? { key: "", value: `${key}=${value}` } : { key: name, value, unset: true };
}

interface Assignment {
  readonly key: string;
  readonly value: string;
}

const feed = /[\n\r]/g;

function assignmentsOf(text: string, commentsGoOn: boolean): readonly Assignment[] {
  const found: Assignment[] = [];
  for (let at = afterBlanks(text, 0); at < text.length; at = afterBlanks(text, at)) {
    const line = next(feed, text, at);
    const equals = text.indexOf("=", at);
    if (/[#;]/.test(text.charAt(at))) at = commentEnd(text, at, commentsGoOn);
    else if (equals === -1 || equals > line) at = line;
    else {
      const { value, end } = valueAt(text, equals + 1);
      found.push({ key: text.slice(at, equals).trimEnd(), value });
      at = end;
    }
  }
  return found;
}

function next(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.exec(text)?.index ?? text.length;
}

function afterBlanks(text: string, from: number): number {
  return next(/[^ \t\n\r]/g, text, from);
}

function commentEnd(text: string, from: number, goesOn: boolean): number {
  const end = next(feed, text, from);
  return goesOn && end < text.length && endsEscaped(text, from, end) ? commentEnd(text, end + 1, goesOn) : end;
}

function endsEscaped(text: string, from: number, end: number): boolean {
  const backslashes = /\\*$/.exec(text.slice(from, end))?.[0].length ?? 0;
  return backslashes % 2 === 1;
}

/** The value that begins at `start`, and where its last line ends. */
export function valueAt(text: string, start: number): { readonly value: string; readonly end: number } {
  let value = "";
  let at = start;
  let began = false;
  for (;;) {
    at = began ? at : next(/[^ \t]/g, text, at);
    const char = text.charAt(at);
    if (char === "" || char === "\n" || char === "\r")
      return { value: began ? value.replace(/[ \t]+$/, "") : value, end: at };
    const part = began || (char !== "'" && char !== '"') ? bareAt(text, at) : quotedAt(text, at, char);
    began ||= char !== "'" && char !== '"';
    value += part.value;
    at = part.end;
  }
}

interface Part {
  readonly value: string;
  readonly end: number;
}

const bare = /[^\\\n\r]+|\\(?:[^]|$)/y;

function bareAt(text: string, at: number): Part {
  bare.lastIndex = at;
  const run = bare.exec(text)?.[0] ?? "";
  if (!run.startsWith("\\")) return { value: run, end: at + run.length };
  return { value: /[\n\r]/.test(run) ? "" : run.slice(1), end: at + run.length };
}

const singleQuoted = /'([^']*)(?:'|$)/y;
const doubleQuoted = /"([^"\\]*(?:\\[^][^"\\]*)*)(?:\\?$|")/y;

function quotedAt(text: string, at: number, quote: string): Part {
  const pattern = quote === "'" ? singleQuoted : doubleQuoted;
  pattern.lastIndex = at;
  const inner = pattern.exec(text)?.[1] ?? "";
  return { value: quote === "'" ? inner : unescaped(inner), end: pattern.lastIndex };
}

/** Within double quotes a backslash is taken away before `"`, `\`, a backtick and `$`, and with a line end. */
function unescaped(text: string): string {
  return text.replaceAll(/\\(["\\`$])|\\\n/g, (_, char: string | undefined) => char ?? "");
}
