import type { Versions } from "@rotate/plugin-kit/files";
import { type Dialect, type Entry, readersAgree, scan } from "./dotenv-scan.ts";
import { conflict, invalid } from "./fault.ts";

/** One character per byte: what we do not touch stays as it is, even where it is not UTF-8. */
function decode(bytes: Buffer | undefined): string {
  return bytes?.toString("latin1") ?? "";
}

function encode(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

/** Safe without quotes in every reader known: those of Node, npm, Python, Ruby, Go, Docker, systemd and all shells. */
const bare = /^[A-Za-z0-9_@%+=:,./-]*$/;

/** True when the value has to be written in quotes. */
export function needsQuotes(value: string, dialect: Dialect): boolean {
  return dialect === "shell" && !bare.test(value);
}

/** The value as it stands in the file. Throws INVALID when readers would not agree on it. */
function literalOf(key: string, value: string, dialect: Dialect): string {
  if (hasControls(value)) {
    throw invalid(
      `the value of ${key} has a line feed or another control character, which no line of an env file can hold`,
      "encode it in the template (base64_encode), or use the json or file sink",
    );
  }
  const text = Buffer.from(value).toString("latin1");
  if (!needsQuotes(value, dialect)) return text;
  if (!/['$\\]/.test(value)) return `'${text}'`;
  throw invalid(
    `the value of ${key} has a quote, dollar or backslash, which readers of env files do not agree on`,
    "encode it in the template (base64_encode, uri_component), use the json sink, or set `dialect: docker` if only docker reads the file",
  );
}

function hasControls(value: string): boolean {
  return Array.from(value).some((char) => (char < " " && char !== "\t") || char === "\x7f");
}

/** Refuses what is not text in an encoding that begins with ASCII. */
function inspectDotenv(bytes: Buffer | undefined): void {
  if (bytes?.includes(0) !== true) return;
  throw invalid("the target holds a NUL byte, so it is not an env file in UTF-8", "point the sink at a text file");
}

/**
 * Sets keys and leaves every other byte as it is; a missing key is appended as a line of its own.
 * Throws INVALID when a key stands there twice, or when readers would not agree where it stands or what it says.
 */
export function editDotenv(
  before: Buffer | undefined,
  values: Readonly<Record<string, string>>,
  dialect: Dialect,
): Buffer {
  inspectDotenv(before);
  const text = decode(before);
  guardAgreement(text, Object.keys(values), dialect);
  let next = text;
  for (const [key, value] of Object.entries(values))
    next = setKey(next, { key, literal: literalOf(key, value, dialect) }, dialect);
  return encode(next);
}

function guardAgreement(text: string, keys: readonly string[], dialect: Dialect): void {
  if (readersAgree(text, dialect, keys)) return;
  throw invalid(
    `readers would not agree where ${keys.join(", ")} stands: a quote or backslash before it ends in different places for them`,
    "put the values of the other keys that hold quotes into single quotes, each on one line",
  );
}

function setKey(text: string, { key, literal }: { key: string; literal: string }, dialect: Dialect): string {
  const entry = onlyEntry(text, key, dialect);
  if (entry !== undefined) return text.slice(0, entry.start) + literal + text.slice(entry.end);
  const end = text.includes("\r\n") ? "\r\n" : "\n";
  const separator = text === "" || text.endsWith("\n") ? "" : end;
  return `${text}${separator}${key}=${literal}${end}`;
}

/** The assignment of a key, if any. Throws INVALID when there are two: which one counts differs between readers. */
function onlyEntry(text: string, key: string, dialect: Dialect): Entry | undefined {
  const [first, second] = scan(text, dialect).filter((entry) => entry.key === key);
  if (second === undefined) return first;
  throw invalid(
    `${key} stands twice in the file, on lines ${first?.line} and ${second.line}`,
    "remove one of the two lines",
  );
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
  const literalIn = (text: string) => {
    const found = scan(text, dialect).filter((entry) => entry.key === key);
    if (found.length > 1) throw conflict(key);
    return found.map(({ start, end }) => text.slice(start, end))[0];
  };
  const [current, wrote, old] = [literalIn(now), literalIn(texts.written), literalIn(texts.before)];
  if (current === old) return now;
  if (current === undefined || current !== wrote) throw conflict(key);
  return old === undefined ? withoutKey(now, key, dialect) : setKey(now, { key, literal: old }, dialect);
}

function withoutKey(text: string, key: string, dialect: Dialect): string {
  const entry = onlyEntry(text, key, dialect);
  if (entry === undefined) return text;
  const feed = text.indexOf("\n", entry.end);
  return text.slice(0, entry.head) + (feed === -1 ? "" : text.slice(feed + 1));
}

/** What keys say, as the most common reader of the dialect takes it; a missing key is left out. Throws INVALID when one stands there twice. */
export function readDotenv(
  bytes: Buffer | undefined,
  keys: readonly string[],
  dialect: Dialect,
): Readonly<Record<string, string>> {
  inspectDotenv(bytes);
  const text = decode(bytes);
  const found = keys.map((key) => ({ key, entry: onlyEntry(text, key, dialect) }));
  return Object.fromEntries(
    found.flatMap(({ key, entry }) =>
      entry === undefined ? [] : [[key, valueOf(text.slice(entry.start, entry.end), dialect)]],
    ),
  );
}

function valueOf(literal: string, dialect: Dialect): string {
  const value = Buffer.from(literal, "latin1").toString();
  if (dialect === "docker") return value;
  const [, quote, inner] = /^(['"`])(.*)\1$/s.exec(value) ?? [];
  if (inner === undefined) return value;
  return quote === '"' ? inner.replaceAll("\\n", "\n") : inner;
}
