import { isDeepStrictEqual } from "node:util";
import { isUtf8 } from "node:buffer";
import type { Versions } from "@rotate/plugin-kit/files";
import { conflict, invalid } from "./fault.ts";
import { formatPointer, parsePointer, type Path } from "./pointer.ts";

/** A scalar in a document's text. */
export interface Scalar {
  /** Its value as text. */
  readonly value: string;
  /** As it is written, or undefined when it spans lines. */
  readonly literal: string | undefined;
}

/** How one kind of document is edited, text to text: all that is not touched stays as it was written. Each throws INVALID, naming the place. */
export interface Language {
  readonly name: string;
  /** The whole document as plain data; an empty one as `{}`. Throws INVALID when it is not of this language or not a mapping. */
  readonly data: (text: string) => unknown;
  /** The scalar at a path; undefined when there is nothing. Throws INVALID when something else than a scalar is there, or above it. */
  readonly find: (text: string, path: Path) => Scalar | undefined;
  /** The text with a literal at a path, missing parents made. */
  readonly put: (text: string, path: Path, literal: string) => string;
  /** The text without the entry at a path. Throws CONFLICT when it cannot be taken out alone. */
  readonly remove: (text: string, path: Path) => string;
}

/** A text value as it is written in both languages: a JSON string is a double-quoted YAML scalar (YAML 1.2.2, 1.3). */
export function literalOf(value: string): string {
  return JSON.stringify(value)
    .replaceAll("\x7f", "\\u007f")
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029");
}

interface Decoded {
  readonly mark: string;
  readonly text: string;
}

function decode(bytes: Buffer | undefined): Decoded {
  if (bytes !== undefined && !isUtf8(bytes)) throw invalid("the target is not UTF-8 text", "convert it to UTF-8");
  const text = bytes?.toString("utf8") ?? "";
  return text.startsWith("\ufeff") ? { mark: "\ufeff", text: text.slice(1) } : { mark: "", text };
}

function encode({ mark, text }: Decoded): Buffer {
  return Buffer.from(mark + text);
}

/** Sets the scalars at JSON Pointers and leaves all else as it is written. What came out is read again and compared, so that no slip of an editor can lose anything. */
export function editDocument(
  language: Language,
  before: Buffer | undefined,
  values: Readonly<Record<string, string>>,
): Buffer {
  const { mark, text } = decode(before);
  let next = text;
  let expected = language.data(text);
  for (const [pointer, value] of Object.entries(values)) {
    const path = parsePointer(pointer);
    if (language.find(next, path)?.value === value && isText(language, next, path)) continue;
    next = language.put(next, path, literalOf(value));
    expected = withValue(expected, path, value);
  }
  if (isDeepStrictEqual(language.data(next), expected)) return encode({ mark, text: next });
  throw invalid(
    `the ${language.name} document cannot be edited without changing something else in it`,
    "write the keys into it by hand once",
  );
}

/** A number or true at the place is not the text that we would write. */
function isText(language: Language, text: string, path: Path): boolean {
  let node = language.data(text);
  for (const step of path) node = childOf(node, step);
  return typeof node === "string";
}

function childOf(node: unknown, step: string): unknown {
  return typeof node === "object" && node !== null && Object.hasOwn(node, step)
    ? Object.entries(node).find(([key]) => key === step)?.[1]
    : undefined;
}

/** The data with a text at a path; `steps` was checked, so nothing of JavaScript's own can be reached. */
function withValue(node: unknown, [step, ...rest]: Path, value: string): unknown {
  if (step === undefined) return value;
  const changed = withValue(childOf(node, step), rest, value);
  if (Array.isArray(node)) return node.map((item: unknown, index) => (String(index) === step ? changed : item));
  return { ...(node as object | undefined), [step]: changed };
}

/** The values at JSON Pointers as text; what is not there is left out. */
export function readDocument(
  language: Language,
  bytes: Buffer | undefined,
  pointers: readonly string[],
): Readonly<Record<string, string>> {
  const { text } = decode(bytes);
  language.data(text);
  return Object.fromEntries(
    pointers.flatMap((pointer) => {
      const found = language.find(text, parsePointer(pointer));
      return found === undefined ? [] : [[pointer, found.value]];
    }),
  );
}

/** Puts our values back as `before` had them where `now` still has what we wrote. Throws CONFLICT where it has something else. */
export function revertDocument(
  language: Language,
  { before, written }: Versions,
  { now, pointers }: { readonly now: Buffer; readonly pointers: readonly string[] },
): Buffer {
  const current = decode(now);
  const texts = { before: decode(before).text, written: decode(written).text };
  let next = current.text;
  for (const pointer of pointers) next = revertOne(language, next, { ...texts, path: parsePointer(pointer) });
  language.data(next);
  return encode({ ...current, text: next });
}

interface Past {
  readonly before: string;
  readonly written: string;
  readonly path: Path;
}

function revertOne(language: Language, now: string, { before, written, path }: Past): string {
  const current = language.find(now, path);
  const old = language.find(before, path);
  if (current?.value === old?.value) return now;
  if (current === undefined || current.value !== language.find(written, path)?.value)
    throw conflict(formatPointer(path));
  if (old !== undefined) return language.put(now, path, old.literal ?? literalOf(old.value));
  return withoutEmptyParents(language, language.remove(now, path), { before, path: path.slice(0, -1) });
}

/** Takes out the mappings that were made for a value, as far as nothing else is in them. */
function withoutEmptyParents(
  language: Language,
  now: string,
  { before, path }: { before: string; path: Path },
): string {
  if (path.length === 0 || at(language.data(before), path) !== undefined) return now;
  const node = at(language.data(now), path);
  if (node !== null && Object.keys(node ?? { full: true }).length > 0) return now;
  return withoutEmptyParents(language, language.remove(now, path), { before, path: path.slice(0, -1) });
}

function at(data: unknown, path: Path): unknown {
  return path.reduce<unknown>(childOf, data);
}
