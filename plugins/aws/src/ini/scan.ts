/** A `key = value` of a profile. Offsets are into the text. */
export interface Entry {
  /** Lower case: readers do not tell upper from lower. */
  readonly key: string;
  /** Counted from 1. */
  readonly line: number;
  readonly lineStart: number;
  /** Behind the line's end. */
  readonly lineEnd: number;
  readonly valueStart: number;
  readonly valueEnd: number;
  readonly delimiter: string;
  /** Indented lines follow, which some readers take for more of the value. */
  readonly continued: boolean;
}

export interface Section {
  /** As it stands between the brackets, blanks as one space. */
  readonly name: string;
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
  /** Before CR LF or LF. */
  readonly textEnd: number;
  readonly end: number;
  readonly text: string;
}

/**
 * The sections of a shared config or credentials file, as the AWS SDKs find them: `[name]`, then `key = value` lines, whole-line comments with # or ;,
 * indented lines that belong to the key above. @param text one character per byte (latin1)
 */
export function scanIni(text: string): readonly Section[] {
  const sections: Section[] = [];
  for (const line of linesOf(text)) {
    const name = /^\[([^\]]*)\]/.exec(line.text)?.[1];
    const current = sections.at(-1);
    if (name !== undefined) sections.push(sectionAt(line, name));
    else if (current !== undefined && /[^ \t]/.test(line.text)) sections[sections.length - 1] = withLine(current, line);
  }
  return sections;
}

function sectionAt({ number, start, end }: Line, name: string): Section {
  const normal = name.trim().replaceAll(/\s+/g, " ").replaceAll(/["']/g, "");
  return { name: normal, line: number, start, bodyStart: end, contentEnd: end, entries: [] };
}

function withLine(section: Section, line: Line): Section {
  if (/^[ \t]*[#;]/.test(line.text)) return section;
  const last = section.entries.at(-1);
  if (/^[ \t]/.test(line.text) && last !== undefined) {
    const longer = { ...last, continued: true };
    return { ...section, contentEnd: line.end, entries: [...section.entries.slice(0, -1), longer] };
  }
  const entry = entryAt(line);
  return {
    ...section,
    contentEnd: line.end,
    entries: entry === undefined ? section.entries : [...section.entries, entry],
  };
}

function entryAt({ number, start, end, text }: Line): Entry | undefined {
  const found = /^([ \t]*([^=:\s][^=:]*?)[ \t]*([=:])[ \t]*)(.*?)[ \t]*$/.exec(text);
  const [, head = "", key = "", delimiter = "", value = ""] = found ?? [];
  if (found === null) return undefined;
  const valueStart = start + head.length;
  return {
    key: key.toLowerCase(),
    line: number,
    lineStart: start,
    lineEnd: end,
    valueStart,
    valueEnd: valueStart + value.length,
    delimiter,
    continued: false,
  };
}

function linesOf(text: string): readonly Line[] {
  const lines: Line[] = [];
  for (let start = 0; start < text.length;) {
    const feed = text.indexOf("\n", start);
    const end = feed === -1 ? text.length : feed + 1;
    const raw = text.slice(start, feed === -1 ? end : feed);
    const shown = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
    lines.push({ number: lines.length + 1, start, end, text: shown, textEnd: start + shown.length });
    start = end;
  }
  return lines;
}

/** A profile's settings, as the SDKs read them: a comment behind a value begins at a blank and # or ;. Of a key that stands there twice the last one counts. */
export function settingsOf(text: string, section: Section): Readonly<Record<string, string>> {
  return Object.fromEntries(
    section.entries.map(({ key, valueStart, valueEnd }) => [
      key,
      Buffer.from(
        text
          .slice(valueStart, valueEnd)
          .replace(/(^|[ \t])[#;].*$/, "")
          .trim(),
        "latin1",
      ).toString(),
    ]),
  );
}
