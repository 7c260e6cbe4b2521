/** Where a value stands in the document: keys and indexes from the root. */
export type Path = readonly (string | number)[];

/** What is wrong, before it is known where in the file that is. */
export interface Fault {
  readonly path: Path;
  /** Lower case, no full stop. Never holds the text of a secret. */
  readonly message: string;
  /** What to do, or what was probably meant. */
  readonly hint?: string | undefined;
  readonly severity?: "warning";
  /** The family whose list is meant: its rotations cannot be used, and nothing else is the worse for it. */
  readonly holdsBack?: string;
  /** The value is sound but for its quotes: the hint shows it with them. */
  readonly quote?: true;
  /** Underline the key instead of its value. */
  readonly at?: "key";
  /** Underline this word inside the value. */
  readonly word?: string;
  /** Offsets in the text, where no path leads to the place. */
  readonly span?: Span;
}

/** From and to, in UTF-16 units from the start of the text. */
export type Span = readonly [from: number, to: number];

/** A path as people write it: `rotations.db.sinks[0].values["/db/password"]`. */
export function formatPath(path: Path): string {
  return path.map(formatStep).join("");
}

function formatStep(step: string | number, index: number): string {
  if (typeof step === "number") return `[${step}]`;
  if (!/^[\w-]+$/.test(step)) return `[${JSON.stringify(step)}]`;
  return index === 0 ? step : `.${step}`;
}

/** How a message names the place: its path, or `the spec` for the whole. */
export function nameOf(path: Path): string {
  return path.length === 0 ? "the spec" : formatPath(path);
}

/** True for an object with keys: neither null nor a list. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value at a path of a parsed document; undefined where there is none. */
export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) {
    if (Array.isArray(value)) value = value[Number(step)];
    else if (isRecord(value) && Object.hasOwn(value, step)) value = value[step];
    else return undefined;
  }
  return value;
}

/** A JSON text's value; undefined for a text that is none. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
