import { invalid } from "../fault.ts";
import { type Dialect, readersOf } from "./dialect.ts";
import type { Pair, Reader } from "./readers/reader.ts";

/** An edit of an env file, one character per byte. */
export interface Edited {
  readonly before: string;
  readonly after: string;
  /** What the keys were, as far as they stood there. */
  readonly old: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, string>>;
}

/**
 * Reads the file before and after an edit by the rules of every program that the dialect is for. Throws INVALID unless each finds what it found
 * before, and the new values. One that refuses the file as it is does not count: the file is not meant for it.
 */
export function verifyEdit(edit: Edited, dialect: Dialect): void {
  for (const { reader, guest } of readersOf(dialect)) {
    const fault = faultOf(reader, edit, guest);
    if (fault !== undefined) throw refusal(`${reader.name} ${fault}`, edit, dialect);
  }
}

function refusal(fault: string, { before }: Edited, dialect: Dialect): Error {
  if (dialect === "shell" && before.includes("\r\n")) {
    return invalid(
      `${fault}: a line of the file ends in CR LF, and the CR is part of a value for some readers`,
      "save the file with LF at its line ends, or set `dialect: dotenv` if no shell reads it",
    );
  }
  return invalid(
    `${fault}: something in the file (a quote, a backslash, blanks behind an empty value, a second line for the key) ends elsewhere for that reader`,
    "put other values that hold quotes or backslashes into single quotes, each on one line, and take blanks at line ends away; or say by `dialect` who alone reads the file",
  );
}

function faultOf(reader: Reader, { before, after, old, values }: Edited, guest: boolean): string | undefined {
  const was = read(reader, before);
  if (was === undefined || (guest && !holds(was, old, reader))) return undefined;
  const is = read(reader, after);
  if (is === undefined) return "would refuse the file";
  return faultInOurs(was, is, { values, reader }) ?? faultInOthers(was, is, values);
}

/** A text that is too much for a reader's pattern here is too much for it there. */
function read(reader: Reader, bytes: string): readonly Pair[] | undefined {
  try {
    return reader.read(encoded(bytes, reader));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function encoded(bytes: string, { encoding }: Reader): string {
  return encoding === "latin1" ? bytes : Buffer.from(bytes, "latin1").toString(encoding);
}

function asRead(value: string, { encoding }: Reader): string {
  return encoding === "latin1" ? Buffer.from(value).toString("latin1") : value;
}

function holds(pairs: readonly Pair[], values: Readonly<Record<string, string>>, reader: Reader): boolean {
  const found = new Map(pairs.map(({ key, value }) => [key, value]));
  return Object.entries(values).every(([key, value]) => found.get(key) === asRead(value, reader));
}

function faultInOurs(
  was: readonly Pair[],
  is: readonly Pair[],
  { values, reader }: { readonly values: Readonly<Record<string, string>>; readonly reader: Reader },
): string | undefined {
  const isOurs = ({ key }: Pair) => Object.hasOwn(values, key);
  const ours = Map.groupBy(is.filter(isOurs), ({ key }) => key);
  const neverSet = new Set(was.filter((pair) => isOurs(pair) && pair.unset === true).map(({ key }) => key));
  for (const [key, value] of Object.entries(values)) {
    const [found, second] = ours.get(key) ?? [];
    if (found === undefined || (found.unset === true && !neverSet.has(key))) return `would not find ${key}`;
    if (second !== undefined) return `would find ${key} twice`;
    if (found.unset !== true && found.value !== asRead(value, reader)) return `would take another value for ${key}`;
  }
  return undefined;
}

function faultInOthers(
  was: readonly Pair[],
  is: readonly Pair[],
  values: Readonly<Record<string, string>>,
): string | undefined {
  const [before, after] = [was, is].map((pairs) => pairs.filter(({ key }) => !Object.hasOwn(values, key)));
  const count = Math.max(before?.length ?? 0, after?.length ?? 0);
  for (let index = 0; index < count; index++) {
    const [old, now] = [before?.[index], after?.[index]];
    if (old?.key !== now?.key || old?.value !== now?.value)
      return `would read ${old?.key || now?.key || "another line"} otherwise than now`;
  }
  return undefined;
}
