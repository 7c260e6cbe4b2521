import { invalid } from "@rotate/plugin-kit";
import { guardKeys, voidedBy } from "./satellites.ts";
import { type Entry, scanIni, type Section, settingsOf } from "./scan.ts";
import { verifyIni } from "./verify.ts";

type Texts = Readonly<Record<string, string>>;

/** One character per byte: what we do not touch stays as it is, even where it is not UTF-8. */
export function decode(bytes: Buffer | undefined): string {
  return bytes?.toString("latin1") ?? "";
}

/** Refuses a file in which readers would not agree where a profile stands: NUL bytes, a byte order mark, indented headers. Throws INVALID. */
function inspectIni(text: string): void {
  if (text.includes("\0")) throw invalid("the target holds a NUL byte, so it is no INI file", "check the path");
  if (text.startsWith("\u00ef\u00bb\u00bf")) {
    throw invalid("the target begins with a byte order mark, which the AWS tools do not read", "save it without one");
  }
  if (/^[ \t]+\[/m.test(text)) {
    throw invalid("a section's header is indented, and readers do not agree on what that is", "move it to the left");
  }
}

/**
 * Sets keys of one section and leaves all else as it is, but for settings that a new access key makes void; a missing section is appended.
 * Throws INVALID when section or key stand there twice, when the SDKs would not read the keys, or would not read the file as it is meant.
 */
export function editIni(before: Buffer | undefined, name: string, values: Texts): Buffer {
  const text = decode(before);
  inspectIni(text);
  const section = onlySection(text, name);
  const entries = entriesOf(section);
  if (section !== undefined) guardHeader(section);
  guardKeys(name, values, section === undefined ? {} : settingsOf(text, section));
  const removed = voidedBy(values);
  const present = removed.filter((key) => entries.has(key));
  const after =
    section === undefined ? withSection(text, name, values) : withKeys(text, section, { values, removed: present });
  verifyIni({ before: text, after, section: name, start: section?.start, values, removed });
  return Buffer.from(after, "latin1");
}

function guardHeader({ name, header, line }: Section): void {
  const quoted = name.startsWith("profile ") ? header.replaceAll(/["']/g, "") : header;
  if (quoted === name) return;
  throw invalid(
    `the header of [${name}] on line ${line} has blanks or quotes that some readers take for a part of its name`,
    `write it as [${name}]`,
  );
}

/** CR LF only where every line has it. */
function endOfLine(text: string): string {
  return text.includes("\r\n") && !/(?:^|[^\r])\n/.test(text) ? "\r\n" : "\n";
}

function withSection(text: string, name: string, values: Texts): string {
  const end = endOfLine(text);
  const gap = text === "" ? "" : text.endsWith("\n") ? end : end + end;
  const lines = Object.entries(values).map(([key, value]) => `${key} = ${value}${end}`);
  return `${text}${gap}[${name}]${end}${lines.join("")}`;
}

/** The section, if any. Throws INVALID when there are two: some readers merge them, some refuse the file. */
export function onlySection(text: string, name: string): Section | undefined {
  const [first, second] = scanIni(text, name);
  if (second === undefined) return first;
  throw invalid(
    `the section [${name}] stands twice in the file, on lines ${first?.line} and ${second.line}`,
    "merge the two, or remove one",
  );
}

function entriesOf(section: Section | undefined): ReadonlyMap<string, readonly Entry[]> {
  return Map.groupBy(section?.entries ?? [], ({ key }) => key);
}

/** The key's line, if any. Throws INVALID where readers would not agree on its value. */
export function onlyEntry(section: Section | undefined, key: string): Entry | undefined {
  const [first, second] = section?.entries.filter((entry) => entry.key === key) ?? [];
  if (second !== undefined) {
    throw invalid(
      `${key} stands twice in [${section?.name}], on lines ${first?.line} and ${second.line}`,
      "remove one of the two lines",
    );
  }
  if (first?.continued) throw invalid(`${key} on line ${first.line} goes on in the next line`, "put it on one line");
  if (first?.delimiter === ":") throw invalid(`${key} on line ${first.line} is set by a colon`, "write `=` instead");
  return first;
}

interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

function withKeys(
  text: string,
  section: Section,
  { values, removed }: { readonly values: Texts; readonly removed: readonly string[] },
): string {
  const found = Object.entries(values).map(([key, value]) => ({ key, value, entry: onlyEntry(section, key) }));
  const replaced = found.flatMap(({ value, entry }): readonly Splice[] =>
    entry === undefined ? [] : [{ start: entry.valueStart, end: entry.valueEnd, text: value }],
  );
  const taken = removed.flatMap((key): readonly Splice[] => {
    const entry = onlyEntry(section, key);
    return entry === undefined ? [] : [{ start: entry.lineStart, end: entry.lineEnd, text: "" }];
  });
  const missing = found.filter(({ entry }) => entry === undefined);
  const { at, indent } = placeIn(section);
  const end = endOfLine(text);
  const gap = missing.length === 0 || text.slice(0, at).endsWith("\n") ? "" : end;
  const lines = missing.map(({ key, value }) => `${indent}${key} = ${value}${end}`);
  return spliced(text, [...replaced, ...taken, { start: at, end: at, text: gap + lines.join("") }]);
}

/** Where new keys go: behind all others; in an indented body before the first block, as what is indented behind one belongs to it for some. */
function placeIn({ entries, contentEnd, bodyStart }: Section): { readonly at: number; readonly indent: string } {
  const indent = entries[0]?.indent ?? "";
  const block = indent === "" ? -1 : entries.findIndex(({ continued }) => continued);
  if (block === -1) return { at: contentEnd, indent };
  return { at: entries[block - 1]?.lineEnd ?? bodyStart, indent };
}

function spliced(text: string, splices: readonly Splice[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const splice of splices.toSorted((one, other) => one.start - other.start || one.end - other.end)) {
    parts.push(text.slice(at, splice.start), splice.text);
    at = splice.end;
  }
  return [...parts, text.slice(at)].join("");
}

/** What keys of a section say; a missing one is left out. Throws INVALID when section or key stand there twice. */
export function readIni(bytes: Buffer | undefined, name: string, keys: readonly string[]): Texts {
  const text = decode(bytes);
  inspectIni(text);
  const section = onlySection(text, name);
  return Object.fromEntries(
    keys.flatMap((key) => {
      const entry = onlyEntry(section, key);
      const value = entry && text.slice(entry.valueStart, entry.valueEnd);
      return value === undefined ? [] : [[key, Buffer.from(value, "latin1").toString()]];
    }),
  );
}
