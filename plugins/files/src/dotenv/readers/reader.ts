/** A variable as a reader of env files finds it. */
export interface Pair {
  /** Empty for what the reader takes for no assignment. */
  readonly key: string;
  /** As the reader takes it, or as it is written where it only matters that it stays so. */
  readonly value: string;
  /** The reader does not set this variable, and says so or leaves it unset: nobody can take a wrong value from it. */
  readonly unset?: true;
}

/** The rules of one program that reads env files. */
export interface Reader {
  /** For people. */
  readonly name: string;
  /** How it sees bytes: as characters, or one by one. */
  readonly encoding: "utf8" | "latin1";
  /** All that it finds, in order. Undefined when it refuses the file: then the file is not meant for it. */
  readonly read: (text: string) => readonly Pair[] | undefined;
}

/** The byte order mark of UTF-8, in either encoding. */
const mark = /^(?:\ufeff|\u00ef\u00bb\u00bf)/;

/** The text without a byte order mark, for readers that know one. */
export function withoutMark(text: string): string {
  return text.replace(mark, "");
}

/** For readers that do not: the mark sticks to the first key, so the program finds no variable of that name. */
export function marked(pair: Pair): Pair {
  return mark.test(pair.key) ? { ...pair, key: withoutMark(pair.key), unset: true } : pair;
}

/** What a text in single quotes holds; any other text as it is. */
export function withoutQuotes(raw: string): string {
  return /^'([^']*)'$/.exec(raw)?.[1] ?? raw;
}

/** The letters, digits and blanks of Unicode as far as they are one byte: Go reads bytes as characters in places. */
export function isGoSpace(char: string): boolean {
  return "\t\v\f\r \u0085\u00a0".includes(char);
}
