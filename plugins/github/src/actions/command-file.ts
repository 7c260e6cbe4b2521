/** The files by which a step tells the runner of variables and outputs (docs.github.com, "Workflow commands"; actions/runner FileCommandManager.cs). */
import { RotateError } from "@rotate/plugin-kit";
import type { Versions } from "@rotate/plugin-kit/files";

/** One assignment, and where it stands. */
interface Entry {
  readonly key: string;
  readonly value: string;
  /** Of the first character, and behind the line feed of the last line. */
  readonly start: number;
  readonly end: number;
}

/** Byte for byte: what others wrote need not be UTF-8. */
function decode(bytes: Buffer | undefined): string {
  return bytes?.toString("latin1") ?? "";
}

function encode(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

/** A text of ours among them, and back. */
function utf8(text: string): string {
  return decode(Buffer.from(text));
}

interface Line {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

function linesOf(text: string): readonly Line[] {
  const found = [...text.matchAll(/([^\n]*)(\n|$)/g)].filter(({ 0: whole }) => whole !== "");
  return found.map(({ 0: whole, 1: line = "", index }) => ({ text: line, start: index, end: index + whole.length }));
}

/** Every assignment in order: `KEY=value`, or `KEY<<DELIMITER` with lines up to the delimiter. Throws INVALID for what the runner would refuse. */
export function parseCommands(bytes: Buffer | undefined): readonly Entry[] {
  const lines = linesOf(decode(bytes));
  const entries: Entry[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at];
    if (line === undefined || line.text === "") continue;
    const [, key = "", sign, rest = ""] = /^(.+?)(<<|=)(.*)$/s.exec(line.text) ?? [];
    if (sign === undefined) throw damaged(at, "is no assignment");
    const last = sign === "=" ? at : endOf(lines, at, rest);
    const value =
      sign === "="
        ? rest
        : lines
            .slice(at + 1, last)
            .map(({ text }) => text)
            .join("\n");
    entries.push({ key, value: encode(value).toString(), start: line.start, end: lines[last]?.end ?? line.end });
    at = last;
  }
  return entries;
}

function endOf(lines: readonly Line[], from: number, delimiter: string): number {
  const last = lines.findIndex(({ text }, at) => at > from && text === delimiter);
  if (last === -1 || delimiter === "") throw damaged(from, "has a value without an end");
  return last;
}

function damaged(at: number, what: string): RotateError {
  return new RotateError(`line ${at + 1} of the runner's file ${what}`, {
    code: "INVALID",
    retryable: false,
    hint: "an earlier command of this step wrote it: correct that one, or run rotate in a step of its own",
  });
}

/** The entry that counts: the runner takes the last one of a key. */
function entryOf(bytes: Buffer | undefined, key: string): Entry | undefined {
  return parseCommands(bytes).findLast((entry) => entry.key === key);
}

/** What the keys are; a missing one is left out. */
export function readCommands(bytes: Buffer | undefined, keys: readonly string[]): Readonly<Record<string, string>> {
  const entries = keys.flatMap((key) => entryOf(bytes, key) ?? []);
  return Object.fromEntries(entries.map(({ key, value }) => [key, value]));
}

/** Sets keys, each in the place where it stands or at the end; all else stays byte for byte. `delimiter` must be one that nobody can guess. */
export function editCommands(
  before: Buffer | undefined,
  values: Readonly<Record<string, string>>,
  delimiter: string,
): Buffer {
  return Object.entries(values).reduce(
    (bytes, [key, value]) =>
      entryOf(bytes, key)?.value === value ? bytes : setEntry(bytes, key, block(key, value, delimiter)),
    before ?? Buffer.alloc(0),
  );
}

function block(key: string, value: string, delimiter: string): string {
  return utf8(`${key}<<${delimiter}\n${value}\n${delimiter}\n`);
}

function setEntry(bytes: Buffer, key: string, literal: string): Buffer {
  const text = decode(bytes);
  const entry = entryOf(bytes, key);
  if (entry !== undefined) return encode(text.slice(0, entry.start) + literal + text.slice(entry.end));
  return encode(`${text}${text === "" || text.endsWith("\n") ? "" : "\n"}${literal}`);
}

/** Takes our keys back out of a file that somebody else changed since. Throws CONFLICT where it has something else than we wrote. */
export function revertCommands(now: Buffer, { before, written }: Versions, keys: readonly string[]): Buffer {
  return keys.reduce((bytes, key) => revertKey(bytes, key, { before, written }), now);
}

function revertKey(now: Buffer, key: string, { before, written }: Versions): Buffer {
  const [current, wrote, old] = [now, written, before].map((bytes) => literalOf(bytes, key));
  if (current === old) return now;
  const entry = entryOf(now, key);
  if (entry === undefined || current !== wrote) throw changed(key);
  if (old !== undefined) return setEntry(now, key, old);
  const text = decode(now);
  return encode(text.slice(0, entry.start) + text.slice(entry.end));
}

function literalOf(bytes: Buffer | undefined, key: string): string | undefined {
  const entry = entryOf(bytes, key);
  return entry && decode(bytes).slice(entry.start, entry.end);
}

function changed(key: string): RotateError {
  return new RotateError(`${key} was changed by somebody else after it was written`, {
    code: "CONFLICT",
    retryable: false,
    hint: "another command of this step sets the same name: give one of them another",
  });
}
