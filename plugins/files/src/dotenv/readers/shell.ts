import { marked, type Pair, type Reader, withoutQuotes } from "./reader.ts";

/** A POSIX shell that runs the file (`. ./.env`): XCU 2.2, quoting, and 2.3, tokens. Words as they stand, before anything in them is expanded. */
export const shell: Reader = {
  name: "a shell",
  encoding: "latin1",
  read(text) {
    const pairs: Pair[] = [];
    for (let at = 0; at < text.length;) {
      const statement = statementAt(text, at);
      if (statement === undefined) return undefined;
      pairs.push(...pairsOf(statement.words));
      at = statement.end;
    }
    return pairs;
  },
};

interface Statement {
  readonly words: readonly string[];
  readonly end: number;
}

/** The words up to a line end or semicolon. Undefined for a quote without an end, and for a here-document, which no env file has. */
function statementAt(text: string, start: number): Statement | undefined {
  const words: string[] = [];
  for (let at = start; ;) {
    at = behind(blanks, text, at);
    const char = text.charAt(at);
    if (char === "" || char === "\n" || char === ";") return { words, end: at + 1 };
    if (char === "#") return { words, end: behind(comment, text, at) + 1 };
    const end = operators.includes(char) ? at + 1 : wordEnd(text, at);
    if (end === undefined || text.startsWith("<<", at)) return undefined;
    words.push(text.slice(at, end));
    at = end;
  }
}

const operators = ";&|()<>";
const blanks = /(?:[ \t]|\\\n)*/y;
const comment = /[^\n]*/y;
const ordinary = /[^ \t\n\\'"`$;&|()<>]+/y;

/** Where a pattern that fits everywhere, if only the empty text, ends. */
function behind(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  pattern.exec(text);
  return Math.max(from, pattern.lastIndex);
}

function wordEnd(text: string, start: number): number | undefined {
  let at: number | undefined = start;
  while (
    at !== undefined &&
    at < text.length &&
    !" \t\n".includes(text.charAt(at)) &&
    !operators.includes(text.charAt(at))
  )
    at = partEnd(text, at);
  return at;
}

/** Behind a quoted part, an expansion, an escaped sign or a run of plain ones. */
function partEnd(text: string, at: number): number | undefined {
  switch (text.charAt(at)) {
    case "\\":
      return Math.min(at + 2, text.length);
    case "'":
      return behindSign(text, "'", at + 1);
    case '"':
    case "`":
      return closing(text, at + 1, text.charAt(at));
    case "$":
      return expansionEnd(text, at + 1);
    default:
      return Math.max(behind(ordinary, text, at), at + 1);
  }
}

function behindSign(text: string, sign: string, from: number): number | undefined {
  const found = text.indexOf(sign, from);
  return found === -1 ? undefined : found + 1;
}

function expansionEnd(text: string, at: number): number | undefined {
  const close = { "(": ")", "{": "}" }[text.charAt(at)];
  return close === undefined ? at : closing(text, at + 1, close);
}

/** Behind the sign that closes what began before `from`; what is nested in it is passed over. */
function closing(text: string, from: number, close: string): number | undefined {
  for (let at: number | undefined = from; at !== undefined && at < text.length;) {
    const char = text.charAt(at);
    if (char === close) return at + 1;
    if (char === "(" && close === ")") at = closing(text, at + 1, close);
    else at = (char === "'" && close === '"') || (close === "`" && char !== "\\") ? at + 1 : partEnd(text, at);
  }
  return undefined;
}

const assignment = /^(?<key>[A-Za-z_][A-Za-z0-9_]*)=(?<value>[^]*)$/;

/** Only a command of nothing but assignments assigns; any other is kept as it is, as one thing. */
function pairsOf(words: readonly string[]): readonly Pair[] {
  const [first = "", ...rest] = words;
  if (words.length === 0) return [];
  const named = first === "export" ? rest : words;
  const assigned = named.map((word) => assignment.exec(word)?.groups);
  if (assigned.length > 0 && assigned.every((groups) => groups !== undefined))
    return assigned.map(({ key = "", value = "" }) => ({ key, value: withoutQuotes(value) }));
  const key = looseKey(named);
  return [{ key: key ?? "", value: words.join(" "), ...(key !== undefined && { unset: true }) }];
}

/**
 * The name that a line seems to set and does not: `NAME = value`, `NAME=two words`, `NAME=/<path>`, or a byte order mark before the name. The shell
 * says that there is no such command, file or name.
 */
function looseKey([first = "", second = ""]: readonly string[]): string | undefined {
  const name = /^[A-Za-z_][A-Za-z0-9_]*$/;
  if (name.test(first) && second.startsWith("=")) return first;
  const key = /^([^=]+)=/.exec(first)?.[1];
  if (key === undefined) return undefined;
  const { key: plain } = marked({ key, value: "" });
  return name.test(plain) ? plain : undefined;
}
