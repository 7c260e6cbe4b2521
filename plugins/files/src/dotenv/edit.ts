import type { Versions } from "@rotate/plugin-kit/files";
import { conflict, invalid } from "../fault.ts";
import type { Dialect } from "./dialect.ts";
import { literalOf, valueOf } from "./literal.ts";
import { type Entry, scan } from "./scan.ts";
import { shorten } from "./shorten.ts";
import { verifyEdit } from "./verify.ts";

/** One character per byte: what we do not touch stays as it is, even where it is not UTF-8. */
function decode(bytes: Buffer | undefined): string {
  return bytes?.toString("latin1") ?? "";
}

function encode(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

/** Refuses what is not text in an encoding that begins with ASCII. */
function inspectDotenv(bytes: Buffer | undefined): void {
  if (bytes?.includes(0) !== true) return;
  throw invalid("the target holds a NUL byte, so it is not an env file in UTF-8", "point the sink at a text file");
}

/**
 * Sets keys and leaves every other byte as it is; a missing key is appended as a line of its own. Throws INVALID when a key stands there twice, or
 * when a program that the dialect is for would not read the result as it is meant.
 */
export function editDotenv(
  before: Buffer | undefined,
  values: Readonly<Record<string, string>>,
  dialect: Dialect,
): Buffer {
  inspectDotenv(before);
  const text = decode(before);
  const literals = new Map(Object.entries(values).map(([key, value]) => [key, literalOf(key, value, dialect)]));
  const entries = entriesOf(text, literals, dialect);
  const next = setKeys(text, literals, entries);
  const [short, shortNext] = [text, next].map((each) => shorten(each, literals));
  verifyEdit({ before: short ?? "", after: shortNext ?? "", old: textsOf(text, entries, dialect), values }, dialect);
  return encode(next);
}

function setKeys(text: string, literals: ReadonlyMap<string, string>, entries: ReadonlyMap<string, Entry>): string {
  let [next, at] = ["", 0];
  for (const [key, { start, end }] of entries) {
    next += text.slice(at, start) + literals.get(key);
    at = end;
  }
  next += text.slice(at);
  const lineEnd = lineEndOf(text);
  for (const [key, literal] of literals) {
    if (entries.has(key)) continue;
    next += `${next === "" || next.endsWith("\n") ? "" : lineEnd}${key}=${literal}${lineEnd}`;
  }
  return next;
}

/** CR LF only where every line has it. */
function lineEndOf(text: string): "\r\n" | "\n" {
  return text.includes("\r\n") && !/(?:^|[^\r])\n/.test(text) ? "\r\n" : "\n";
}

/** The assignments of keys, in the order of the text. Throws INVALID when there are two of one: which one counts differs between readers. */
function entriesOf(
  text: string,
  keys: { readonly has: (key: string) => boolean },
  dialect: Dialect,
): ReadonlyMap<string, Entry> {
  const found = new Map<string, Entry>();
  for (const entry of scan(text, dialect)) {
    if (!keys.has(entry.key)) continue;
    const first = found.get(entry.key);
    if (first !== undefined) throw twice(first, entry);
    found.set(entry.key, entry);
  }
  return found;
}

function twice({ key, line }: Entry, second: Entry): Error {
  return invalid(`${key} stands twice in the file, on lines ${line} and ${second.line}`, "remove one of the two lines");
}

/** Puts our keys back as `before` had them where `now` still has what we wrote. Throws CONFLICT where it has something else. */
export function revertDotenv(
  now: Buffer,
  { before, written }: Versions,
  plan: { keys: readonly string[]; dialect: Dialect },
): Buffer {
  const texts = { before: decode(before), written: decode(written) };
  let next = decode(now);
  for (const key of plan.keys) next = revertKey(next, texts, { key, dialect: plan.dialect });
  return encode(next);
}

function revertKey(
  now: string,
  texts: { before: string; written: string },
  { key, dialect }: { key: string; dialect: Dialect },
): string {
  const entryIn = (text: string) => {
    const [entry, second] = scan(text, dialect).filter((each) => each.key === key);
    if (second !== undefined) throw conflict(key);
    return entry && { ...entry, literal: text.slice(entry.start, entry.end) };
  };
  const [current, wrote, old] = [entryIn(now), entryIn(texts.written), entryIn(texts.before)];
  if (current?.literal === old?.literal) return now;
  if (current === undefined || current.literal !== wrote?.literal) throw conflict(key);
  return old === undefined
    ? withoutEntry(now, current)
    : setKeys(now, new Map([[key, old.literal]]), new Map([[key, current]]));
}

function withoutEntry(text: string, { head, end }: Entry): string {
  const feed = text.indexOf("\n", end);
  return text.slice(0, head) + (feed === -1 ? "" : text.slice(feed + 1));
}

/** What keys say, as the most common reader of the dialect takes it; a missing key is left out. Throws INVALID when one stands there twice. */
export function readDotenv(
  bytes: Buffer | undefined,
  keys: readonly string[],
  dialect: Dialect,
): Readonly<Record<string, string>> {
  inspectDotenv(bytes);
  const text = decode(bytes);
  return textsOf(text, entriesOf(text, new Set(keys), dialect), dialect);
}

function textsOf(
  text: string,
  entries: ReadonlyMap<string, Entry>,
  dialect: Dialect,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...entries].map(([key, { start, end }]) => [key, valueOf(text.slice(start, end), dialect)]),
  );
}
