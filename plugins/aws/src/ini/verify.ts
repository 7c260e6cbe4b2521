import { invalid } from "@rotate/plugin-kit";
import { type Pair, type Reader, readers } from "./readers.ts";

/** An edit of one section, one character per byte. */
export interface Edited {
  readonly before: string;
  readonly after: string;
  readonly section: string;
  /** Where its header stood; undefined when it was appended. */
  readonly start: number | undefined;
  readonly values: Readonly<Record<string, string>>;
  /** Keys that are to be gone. */
  readonly removed: readonly string[];
}

/**
 * Reads the file before and after an edit by the rules of each SDK. Throws INVALID unless each finds what it found before, and the new values. One
 * that refuses the file as it is does not count.
 */
export function verifyIni(edit: Edited): void {
  for (const reader of readers) {
    const fault = faultOf(reader, edit);
    if (fault === undefined) continue;
    throw invalid(
      `${reader.name} ${fault} in [${edit.section}]`,
      "write each setting of the profile as `key = value` in small letters, on one line and indented alike, blocks such as `s3 =` behind the keys",
    );
  }
}

function faultOf({ read }: Reader, edit: Edited): string | undefined {
  const { before, after, section, values, removed } = edit;
  const [from, behind] = changedPart(edit);
  const was = read(before.slice(from, before.length - behind));
  if (was === undefined) return undefined;
  const is = read(after.slice(from, after.length - behind));
  if (is === undefined) return "would refuse the file for what stands";
  const isOurs = (pair: Pair) =>
    pair.section === section && (Object.hasOwn(values, pair.key) || removed.includes(pair.key));
  const ours = new Map(is.filter(isOurs).map(({ key, value }) => [key, value]));
  const wrong = Object.keys(values).find((key) => ours.get(key) !== values[key]);
  if (wrong !== undefined) return `would not find the new ${wrong}`;
  const left = removed.find((key) => ours.has(key));
  if (left !== undefined) return `would still find the old ${left}`;
  return sameList(
    was.filter((pair) => !isOurs(pair)),
    is.filter((pair) => !isOurs(pair)),
  )
    ? undefined
    : "would read another setting otherwise than now";
}

/** A line with which a section begins for every reader. */
const header = /^\[[^\]\n]+\](?:[ \t]+[#;][^\n]*)?\r?$/gm;

/** Where our section begins for every reader, and how much of the end is outside it: sections do not touch each other. */
function changedPart({ before, after, start }: Edited): readonly [from: number, behind: number] {
  const headers = Array.from(after.matchAll(header), ({ index }) => index);
  if (start === undefined) return [headers.find((at) => at >= before.length) ?? 0, 0];
  const from = headers.findLast((at) => at <= start) ?? 0;
  const next = headers.find((at) => at > start);
  return [from, next === undefined ? 0 : after.length - next];
}

function sameList(one: readonly Pair[], other: readonly Pair[]): boolean {
  if (one.length !== other.length) return false;
  const all = new Set(one.map(textOf));
  return other.every((pair) => all.has(textOf(pair)));
}

function textOf({ section, key, value }: Pair): string {
  return `${section}\n${key}\n${value}`;
}
