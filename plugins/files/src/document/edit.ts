import { invalid } from "../fault.ts";
import { sameBut } from "./compare.ts";
import { dataOf, decode, encode, type Language, literalOf, open, type Opened, spliced } from "./language.ts";
import { parsePointer, type Path } from "./pointer.ts";

/** Sets the scalars at JSON Pointers and leaves all else as it is written. What came out is read again and compared, so that no slip of an editor can lose anything. */
export function editDocument(
  language: Language,
  before: Buffer | undefined,
  values: Readonly<Record<string, string>>,
): Buffer {
  const { mark, text } = decode(before);
  const wanted = Object.entries(values).map(([pointer, value]) => ({ path: parsePointer(pointer), value }));
  const { next, data } = edited(language, text, wanted);
  if (next === text || sameBut(data, dataOf(language, next), wanted)) return encode({ mark, text: next });
  throw invalid(
    `the ${language.name} document cannot be edited without changing something else in it`,
    "write the keys into it by hand once",
  );
}

/** The next text, and the data of the one before; its tree, which may be large, is not kept. */
function edited(
  language: Language,
  text: string,
  wanted: readonly Wanted[],
): { readonly next: string; readonly data: unknown } {
  const opened = open(language, text);
  const next = putAll(language, opened, wanted);
  return { next, data: next === text ? undefined : opened.data() };
}

/** A value and its place. */
export interface Wanted {
  readonly path: Path;
  readonly value: string;
}

/** Values that are there are replaced in one go; each that is missing may stand next to one that was. */
function putAll(language: Language, first: Opened, wanted: readonly Wanted[]): string {
  const found = wanted.map((each) => ({ ...each, old: first.find(each.path) }));
  const changed = found.filter(({ value, old }) => old !== undefined && !(old.isText && old.value === value));
  const splices = changed.map(({ path, value }) => first.put(path, literalOf(value)));
  let text = splices.length === 0 ? first.text : spliced(first.text, splices);
  for (const { path, value } of found.filter(({ old }) => old === undefined)) {
    const now = text === first.text ? first : open(language, text);
    text = spliced(text, [now.put(path, literalOf(value))]);
  }
  return text;
}

/** The values at JSON Pointers as text; what is not there is left out. */
export function readDocument(
  language: Language,
  bytes: Buffer | undefined,
  pointers: readonly string[],
): Readonly<Record<string, string>> {
  const opened = open(language, decode(bytes).text);
  return Object.fromEntries(
    pointers.flatMap((pointer) => {
      const found = opened.find(parsePointer(pointer));
      return found === undefined ? [] : [[pointer, found.value]];
    }),
  );
}
