import { afterSpaces, statementStart } from "./godotenv.ts";
import { type Pair, type Reader, withoutMark } from "./reader.ts";

/** `docker compose`, for `.env` and `env_file:` (compose-go, dotenv/parser.go, 2.x). Bare values as they stand, before variables in them are expanded. */
export const compose: Reader = {
  name: "docker compose",
  encoding: "utf8",
  read(original) {
    const text = withoutMark(original);
    const pairs: Pair[] = [];
    for (let at = statementStart(text, 0); at < text.length;) {
      const key = keyAt(text, at);
      if (key === undefined || key.text.includes(" ")) return undefined;
      const value = key.inherited ? { text: "", end: key.end } : valueAt(text, key.end);
      if (value === undefined) return undefined;
      if (!key.inherited) pairs.push({ key: key.text, value: value.text });
      at = statementStart(text, value.end);
    }
    return pairs;
  },
};

interface Part {
  readonly text: string;
  readonly end: number;
}

/** A name up to `=` or `:`, or one alone on its line, which is taken from the environment. Undefined for what may not be in a name. */
function keyAt(text: string, start: number): (Part & { readonly inherited: boolean }) | undefined {
  const from = /^export[\t\n\f\r ]/.test(text.slice(start, start + 7)) ? afterSpaces(text, start + 6) : start;
  const end = /[^\p{L}\p{N}_.[\]\-\t\v\f\r \u0085\u00a0]/gu;
  end.lastIndex = from;
  const found = end.exec(text);
  if (found === null) return undefined;
  const [sign] = found;
  if (!"=:\n".includes(sign)) return undefined;
  const key = text.slice(from, found.index).trimEnd();
  return { text: key, end: afterSpaces(text, found.index + 1), inherited: sign === "\n" };
}

function valueAt(text: string, start: number): Part | undefined {
  const quote = text.charAt(start);
  if (quote === "'" || quote === '"') return quotedAt(text, start, quote);
  const feed = text.indexOf("\n", start);
  const end = feed === -1 ? text.length : feed + 1;
  return { text: (text.slice(start, end).split(" #", 1)[0] ?? "").trimEnd(), end };
}

/** A backslash protects the quote, and is kept before anything else. */
function quotedAt(text: string, start: number, quote: string): Part | undefined {
  const pattern = quote === "'" ? singleQuoted : doubleQuoted;
  pattern.lastIndex = start;
  const inner = pattern.exec(text)?.[1];
  if (inner === undefined) return undefined;
  const value = inner.replaceAll(`\\${quote}`, quote);
  return { text: quote === "'" ? value : unescaped(inner), end: pattern.lastIndex };
}

const singleQuoted = /'([^'\\]*(?:\\[^][^'\\]*)*)'/y;
const doubleQuoted = /"([^"\\]*(?:\\[^][^"\\]*)*)"/y;

/** The escapes that we write ourselves; any other stays as it is. */
export function unescaped(text: string): string {
  return text.replaceAll(/\\(["$\\])/g, "$1");
}
