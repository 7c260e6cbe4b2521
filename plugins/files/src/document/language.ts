import { isUtf8 } from "node:buffer";
import { invalid } from "../fault.ts";
import type { Path } from "./pointer.ts";

/** A scalar in a document's text. */
export interface Scalar {
  /** Its value as text. */
  readonly value: string;
  /** False for a number, true and the like, which are not the text that we would write. */
  readonly isText: boolean;
  /** As it is written, or undefined when it spans lines. */
  readonly literal: string | undefined;
}

/** What is to stand in the place of a part of a text. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A text that was parsed once. Each function throws INVALID, naming the place, for what cannot be done without harm. */
export interface Opened {
  readonly text: string;
  /** The whole as plain data, aliases left as what they are; an empty document as `{}`. */
  readonly data: () => unknown;
  /** The scalar at a path; undefined when there is nothing. */
  readonly find: (path: Path) => Scalar | undefined;
  /** What to change, so that a literal stands at a path, missing parents made. */
  readonly put: (path: Path, literal: string) => Splice;
  /** What to change, so that the entry at a path is gone. Throws CONFLICT when it cannot be taken out alone. */
  readonly remove: (path: Path) => Splice;
}

/** How one kind of document is edited, text to text: all that is not touched stays as it was written. */
export interface Language {
  readonly name: string;
  /** Throws INVALID when the text is not of this language, or not a mapping. */
  readonly open: (text: string) => Opened;
  /** The data of a text alone, in less memory. Throws as `open` does. */
  readonly data: (text: string) => unknown;
}

/** The text with parts of it replaced; they must not overlap. */
export function spliced(text: string, splices: readonly Splice[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const { start, end, text: part } of splices.toSorted((one, other) => one.start - other.start)) {
    parts.push(text.slice(at, start), part);
    at = end;
  }
  return [...parts, text.slice(at)].join("");
}

/** A text value as it is written in both languages: a JSON string is a double-quoted YAML scalar (YAML 1.2.2, 1.3). */
export function literalOf(value: string): string {
  return JSON.stringify(value)
    .replaceAll("\x7f", "\\u007f")
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029");
}

/** A document's text without its byte order mark, and the mark. */
export interface Decoded {
  readonly mark: string;
  readonly text: string;
}

/** Throws INVALID when the bytes are not UTF-8. */
export function decode(bytes: Buffer | undefined): Decoded {
  if (bytes !== undefined && !isUtf8(bytes)) throw invalid("the target is not UTF-8 text", "convert it to UTF-8");
  const text = bytes?.toString("utf8") ?? "";
  return text.startsWith("\ufeff") ? { mark: "\ufeff", text: text.slice(1) } : { mark: "", text };
}

/** The bytes of a text with its mark. */
export function encode({ mark, text }: Decoded): Buffer {
  return Buffer.from(mark + text);
}

/** Opens a text. A document that is nested deeper than its parser can go is refused, too. */
export function open(language: Language, text: string): Opened {
  return bounded(language, () => language.open(text));
}

/** What `language.data` gives, bounded in the same way. */
export function dataOf(language: Language, text: string): unknown {
  return bounded(language, () => language.data(text));
}

function bounded<T>(language: Language, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError)
      throw invalid(`the ${language.name} document is nested too deeply`, "check the path");
    throw error;
  }
}
