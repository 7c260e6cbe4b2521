/** A `key = value` of a profile. Offsets are into the text. */
export interface Entry {
  /** Lower case. */
  readonly key: string;
  /** As it is written: some readers tell upper from lower. */
  readonly name: string;
  /** Counted from 1. */
  readonly line: number;
  readonly lineStart: number;
  /** Behind the line's end. */
  readonly lineEnd: number;
  /** Blanks before the key. */
  readonly indent: string;
  readonly valueStart: number;
  readonly valueEnd: number;
  readonly delimiter: string;
  /** Lines that are indented deeper follow: more of the value, or settings below it. */
  readonly continued: boolean;
}

/** A `[name]` of an INI file with what belongs to it. Offsets are into the text. */
export interface Section {
  /** As it stands between the brackets, blanks as one space, quotes left out. */
  readonly name: string;
  /** As it stands. */
  readonly header: string;
  /** Counted from 1. */
  readonly line: number;
  readonly start: number;
  /** Behind the header line. */
  readonly bodyStart: number;
  /** Behind the last line of the section that is neither empty nor a comment. */
  readonly contentEnd: number;
  readonly entries: readonly Entry[];
}

interface Line {
  readonly number: number;
  readonly start: number;
  readonly end: number;
  /** Without CR LF or LF. */
  readonly text: string;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type Building = Writable<Omit<Section, "entries">> & { readonly entries: Writable<Entry>[] };

/**
 * The sections of a shared config or credentials file, as the AWS SDKs find them: `[name]`, then `key = value` lines, whole-line comments with # or ;,
 * lines that are indented deeper than the key above and belong to it.
 * @param text one character per byte (latin1) @param only the name of the sections that are wanted; default: all
 */
export function scanIni(text: string, only?: string): readonly Section[] {
  const sections: Building[] = [];
  let current: Building | undefined;
  for (const line of linesOf(text)) {
    const name = line.text.startsWith("[") ? /^\[([^\]]*)\]/.exec(line.text)?.[1] : undefined;
    if (name !== undefined) {
      const section = sectionAt(line, name);
      current = only === undefined || section.name === only ? section : undefined;
      if (current !== undefined) sections.push(current);
    } else if (current !== undefined) addLine(current, line);
  }
  return sections;
}

function sectionAt({ number, start, end }: Line, name: string): Building {
  const normal = name.trim().replaceAll(/\s+/g, " ").replaceAll(/["']/g, "");
  return { name: normal, header: name, line: number, start, bodyStart: end, contentEnd: end, entries: [] };
}

function addLine(section: Building, line: Line): void {
  if (/^[ \t]*(?:$|[#;])/.test(line.text)) return;
  section.contentEnd = line.end;
  const last = section.entries.at(-1);
  const indent = /^[ \t]*/.exec(line.text)?.[0] ?? "";
  if (last !== undefined && indent.length > last.indent.length) last.continued = true;
  else {
    const entry = entryAt(line, indent);
    if (entry !== undefined) section.entries.push(entry);
  }
}

function entryAt({ number, start, end, text }: Line, indent: string): Entry | undefined {
  const [, head = "", name = "", delimiter = ""] = /^([ \t]*([^=:\s][^=:]*?)[ \t]*([=:])[ \t]*)/.exec(text) ?? [];
  if (head === "") return undefined;
  const valueStart = start + head.length;
  return {
    key: name.toLowerCase(),
    name,
    line: number,
    lineStart: start,
    lineEnd: end,
    indent,
    valueStart,
    valueEnd: valueStart + text.slice(head.length).trimEnd().length,
    delimiter,
    continued: false,
  };
}

function* linesOf(text: string): Iterable<Line> {
  let number = 1;
  for (let start = 0; start < text.length; number += 1) {
    const feed = text.indexOf("\n", start);
    const end = feed === -1 ? text.length : feed + 1;
    const raw = text.slice(start, feed === -1 ? end : feed);
    yield { number, start, end, text: raw.endsWith("\r") ? raw.slice(0, -1) : raw };
    start = end;
  }
}

/** A profile's settings, as the SDKs read them: a comment behind a value begins at a blank and # or ;. Of a key that stands there twice the last one counts. */
export function settingsOf(text: string, { entries }: Section): Readonly<Record<string, string>> {
  return Object.fromEntries(
    entries.map(({ key, valueStart, valueEnd }) => [
      key,
      Buffer.from(withoutComment(text.slice(valueStart, valueEnd)), "latin1").toString(),
    ]),
  );
}

function withoutComment(value: string): string {
  return value.replace(/(^|[ \t])[#;].*$/, "").trim();
}
