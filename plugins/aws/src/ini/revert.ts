import { RotateError } from "@rotate/plugin-kit";
import type { Versions } from "@rotate/plugin-kit/files";
import { decode, onlyEntry, onlySection } from "./edit.ts";
import { voidedBy } from "./satellites.ts";

/** Puts our keys, and those that we took away, back as `before` had them where `now` still has what we wrote. Throws CONFLICT where it has something else. */
export function revertIni(
  now: Buffer,
  { before, written }: Versions,
  { name, keys }: { readonly name: string; readonly keys: readonly string[] },
): Buffer {
  const [wrote, old] = [decode(written), decode(before)];
  const voided = voidedBy(Object.fromEntries(keys.map((key) => [key, ""])));
  let text = decode(now);
  for (const key of [...keys, ...voided]) {
    const [current, ours, theirs] = [text, wrote, old].map((version) => lineOf(version, name, key));
    if (current?.value === theirs?.value) continue;
    if (current?.value !== ours?.value) throw conflict(`${key} in [${name}]`);
    text = withLine(text, name, { key, line: theirs });
  }
  const made = onlySection(old, name) === undefined;
  return Buffer.from(made ? withoutEmptySection(text, name) : text, "latin1");
}

interface Written {
  readonly value: string;
  /** The whole line, its end included. */
  readonly line: string;
}

function lineOf(text: string, name: string, key: string): Written | undefined {
  const entry = onlyEntry(onlySection(text, name), key);
  return (
    entry && { value: text.slice(entry.valueStart, entry.valueEnd), line: text.slice(entry.lineStart, entry.lineEnd) }
  );
}

function withLine(
  text: string,
  name: string,
  { key, line }: { readonly key: string; readonly line: Written | undefined },
): string {
  const section = onlySection(text, name);
  const entry = onlyEntry(section, key);
  if (entry !== undefined && line !== undefined)
    return text.slice(0, entry.valueStart) + line.value + text.slice(entry.valueEnd);
  if (entry !== undefined) return text.slice(0, entry.lineStart) + text.slice(entry.lineEnd);
  const at = section?.entries[0]?.lineStart ?? section?.bodyStart ?? text.length;
  return line === undefined ? text : `${text.slice(0, at)}${line.line.replace(/\n?$/, "\n")}${text.slice(at)}`;
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
