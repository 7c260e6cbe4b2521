import { marked, type Pair, type Reader } from "./reader.ts";

/** `python-dotenv`, src/dotenv/parser.py (0.10 to 1.2). Values as they stand, before variables in them are expanded. */
export const python: Reader = {
  name: "python-dotenv",
  encoding: "utf8",
  read(text) {
    const pairs: Pair[] = [];
    for (let at = 0; at < text.length;) {
      const { pair, end } = bindingAt(text, at);
      if (pair !== undefined) pairs.push(marked(pair));
      at = end;
    }
    return pairs;
  },
};

// What Python takes for a blank (str.isspace), line ends left out in the second.
const blank = String.raw`[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]`;
const inLine = String.raw`[\t\v\f\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]`;
const notBlank = blank.replace("[", "[^=#");

const rules = {
  blanks: sticky(`${blank}*`),
  export: sticky(`(?:export${inLine}+)?`),
  quotedKey: sticky(String.raw`'([^']+)'`),
  key: sticky(`(${notBlank}+)`),
  inLine: sticky(`${inLine}*`),
  equals: sticky(`=${inLine}*`),
  singleQuoted: sticky(String.raw`'((?:\\'|[^'])*)'`),
  doubleQuoted: sticky(String.raw`"((?:\\"|[^"])*)"`),
  bare: sticky(String.raw`([^\r\n]*)`),
  comment: sticky(String.raw`(?:${inLine}*#[^\r\n]*)?`),
  end: sticky(String.raw`${inLine}*(?:\r\n|\n|\r|$)`),
  rest: sticky(String.raw`[^\r\n]*(?:\r|\n|\r\n)?`),
} as const;

function sticky(source: string): RegExp {
  return new RegExp(source, "y");
}

interface Binding {
  readonly pair: Pair | undefined;
  readonly end: number;
}

/** What cannot be parsed is passed over, from where parsing stopped to the end of that line. */
function bindingAt(text: string, start: number): Binding {
  const { pair, end, failed } = tryBinding(text, start);
  return failed ? { pair: undefined, end: take(text, end, "rest")?.end ?? text.length } : { pair, end };
}

interface Taken {
  readonly end: number;
  readonly group: string;
}

function take(text: string, at: number, rule: keyof typeof rules): Taken | undefined {
  const pattern = rules[rule];
  pattern.lastIndex = at;
  const match = pattern.exec(text);
  return match === null ? undefined : { end: pattern.lastIndex, group: match[1] ?? "" };
}

function stopped(end: number): Binding & { readonly failed: boolean } {
  return { pair: undefined, end, failed: true };
}

function tryBinding(text: string, start: number): Binding & { readonly failed: boolean } {
  const from = take(text, start, "blanks")?.end ?? start;
  if (from >= text.length) return { pair: undefined, end: text.length, failed: false };
  const at = take(text, from, "export")?.end ?? from;
  const isComment = text.charAt(at) === "#";
  const key = isComment ? { end: at, group: "" } : take(text, at, text.charAt(at) === "'" ? "quotedKey" : "key");
  if (key === undefined) return stopped(at);
  const keyEnd = take(text, key.end, "inLine")?.end ?? key.end;
  const equals = take(text, keyEnd, "equals");
  const value = equals === undefined ? { end: keyEnd, group: "" } : valueAt(text, equals.end);
  if (value === undefined) return stopped(equals?.end ?? keyEnd);
  const behind = take(text, value.end, "comment")?.end ?? value.end;
  const end = take(text, behind, "end")?.end;
  if (end === undefined) return stopped(behind);
  return { pair: isComment ? undefined : { key: key.group, value: value.group }, end, failed: false };
}

function valueAt(text: string, at: number): Taken | undefined {
  switch (text.charAt(at)) {
    case "'":
      return take(text, at, "singleQuoted");
    case '"':
      return take(text, at, "doubleQuoted");
    case "":
    case "\n":
    case "\r":
      return { end: at, group: "" };
    default:
      return bareAt(text, at);
  }
}

const tail = new RegExp(`${blank}+#.*`);
const trailing = new RegExp(`${blank}+$`);

function bareAt(text: string, at: number): Taken | undefined {
  const found = take(text, at, "bare");
  return found && { ...found, group: found.group.replace(tail, "").replace(trailing, "") };
}
