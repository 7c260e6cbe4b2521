import { RotateError, invalid } from "@rotate/plugin-kit";
import type { Versions } from "@rotate/plugin-kit/files";
import { type Entry, scanIni, type Section } from "./scan.ts";

type Texts = Readonly<Record<string, string>>;

/** One character per byte: what we do not touch stays as it is, even where it is not UTF-8. */
function decode(bytes: Buffer | undefined): string {
  return bytes?.toString("latin1") ?? "";
}

/** Refuses a file in which readers would not agree where a profile stands: NUL bytes, a byte order mark, indented headers. Throws INVALID. */
export function inspectIni(bytes: Buffer | undefined): void {
  const text = decode(bytes);
  if (text.includes("\0")) throw invalid("the target holds a NUL byte, so it is no INI file", "check the path");
  if (text.startsWith("\u00ef\u00bb\u00bf")) {
    throw invalid("the target begins with a byte order mark, which the AWS tools do not read", "save it without one");
  }
  if (/^[ \t]+\[/m.test(text)) {
    throw invalid("a section's header is indented, and readers do not agree on what that is", "move it to the left");
  }
}

/** Sets keys of one section and leaves every other byte as it is; a missing section is appended. Throws INVALID when section or key stand there twice. */
export function editIni(before: Buffer | undefined, name: string, values: Texts): Buffer {
  inspectIni(before);
  let text = withSection(decode(before), name);
  refuseStaleToken(text, name, values);
  for (const [key, value] of Object.entries(values)) text = setKey(text, name, { key, value });
  return Buffer.from(text, "latin1");
}

function endOfLine(text: string): string {
  return text.includes("\r\n") ? "\r\n" : "\n";
}

function withSection(text: string, name: string): string {
  if (onlySection(text, name) !== undefined) return text;
  const end = endOfLine(text);
  const gap = text === "" ? "" : text.endsWith("\n") ? end : end + end;
  return `${text}${gap}[${name}]${end}`;
}

/** The section, if any. Throws INVALID when there are two: some readers merge them, some refuse the file. */
function onlySection(text: string, name: string): Section | undefined {
  const [first, second] = scanIni(text).filter((section) => section.name === name);
  if (second === undefined) return first;
  throw invalid(
    `the section [${name}] stands twice in the file, on lines ${first?.line} and ${second.line}`,
    "merge the two, or remove one",
  );
}

/** The key's line, if any. Throws INVALID where readers would not agree on its value. */
function onlyEntry(text: string, name: string, key: string): Entry | undefined {
  const [first, second] = onlySection(text, name)?.entries.filter((entry) => entry.key === key) ?? [];
  if (second !== undefined) {
    throw invalid(
      `${key} stands twice in [${name}], on lines ${first?.line} and ${second.line}`,
      "remove one of the two lines",
    );
  }
  if (first?.continued) throw invalid(`${key} on line ${first.line} goes on in the next line`, "put it on one line");
  if (first?.delimiter === ":") throw invalid(`${key} on line ${first.line} is set by a colon`, "write `=` instead");
  return first;
}

/** The old session token beside a new key would make both useless. */
function refuseStaleToken(text: string, name: string, values: Texts): void {
  if (!("aws_access_key_id" in values) || "aws_session_token" in values) return;
  if (onlyEntry(text, name, "aws_session_token") === undefined) return;
  throw invalid(
    `[${name}] holds an aws_session_token that is not written with the key it belongs to`,
    "write aws_session_token, too, or remove that line",
  );
}

function setKey(text: string, name: string, { key, value }: { readonly key: string; readonly value: string }): string {
  const entry = onlyEntry(text, name, key);
  if (entry !== undefined) return text.slice(0, entry.valueStart) + value + text.slice(entry.valueEnd);
  const at = onlySection(text, name)?.contentEnd ?? text.length;
  const end = endOfLine(text);
  const gap = text.slice(0, at).endsWith("\n") ? "" : end;
  return `${text.slice(0, at)}${gap}${key} = ${value}${end}${text.slice(at)}`;
}

/** What keys of a section say; a missing one is left out. Throws INVALID when section or key stand there twice. */
export function readIni(bytes: Buffer | undefined, name: string, keys: readonly string[]): Texts {
  inspectIni(bytes);
  const text = decode(bytes);
  return Object.fromEntries(
    keys.flatMap((key) => {
      const value = valueOf(text, name, key);
      return value === undefined ? [] : [[key, Buffer.from(value, "latin1").toString()]];
    }),
  );
}

function valueOf(text: string, name: string, key: string): string | undefined {
  const entry = onlyEntry(text, name, key);
  return entry === undefined ? undefined : text.slice(entry.valueStart, entry.valueEnd);
}

/** Puts our keys back as `before` had them where `now` still has what we wrote. Throws CONFLICT where it has something else. */
export function revertIni(
  now: Buffer,
  { before, written }: Versions,
  { name, keys }: { readonly name: string; readonly keys: readonly string[] },
): Buffer {
  const [wrote, old] = [decode(written), decode(before)];
  let text = decode(now);
  for (const key of keys) {
    const [current, ours, theirs] = [text, wrote, old].map((version) => valueOf(version, name, key));
    if (current === theirs) continue;
    if (current === undefined || current !== ours) throw conflict(`${key} in [${name}]`);
    text = theirs === undefined ? withoutKey(text, name, key) : setKey(text, name, { key, value: theirs });
  }
  const made = onlySection(old, name) === undefined;
  return Buffer.from(made ? withoutEmptySection(text, name) : text, "latin1");
}

function withoutKey(text: string, name: string, key: string): string {
  const entry = onlyEntry(text, name, key);
  return entry === undefined ? text : text.slice(0, entry.lineStart) + text.slice(entry.lineEnd);
}

/** Takes out a header that we wrote and that stands for nothing any more, with the empty line before it. */
function withoutEmptySection(text: string, name: string): string {
  const section = onlySection(text, name);
  if (section === undefined || section.entries.length > 0) return text;
  return text.slice(0, section.start).replace(/(^|\n)\r?\n$/, "$1") + text.slice(section.bodyStart);
}

function conflict(what: string): RotateError {
  return new RotateError(`${what} was changed by somebody else after it was written`, {
    code: "CONFLICT",
    retryable: false,
    hint: "look at the file: rotate left it as it is; let only one of the two write this key",
  });
}
