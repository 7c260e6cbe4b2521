import { limits, nestsTooDeep } from "./bounds.ts";
import type { Fault } from "./fault.ts";
import { readJson } from "./json-reader.ts";
import type { Positions } from "./positions.ts";
import { tooDeep } from "./yaml-faults.ts";

/** A spec's text as plain values. */
export interface Source {
  readonly text: string;
  readonly value: unknown;
  /** What is wrong with its structure: syntax, duplicate keys, aliases, tags. */
  readonly faults: readonly Fault[];
  /** True when there is no value to go on with. */
  readonly broken: boolean;
  /** Where everything stands; parsed only when somebody asks. */
  readonly positions: () => Promise<Positions>;
}

/** Reads YAML or JSON. Sound JSON takes the fast way, without the YAML parser. Throws nothing: what is wrong is in `faults`. */
export async function readSource(text: string): Promise<Source> {
  const json = readJson(text);
  if (json !== undefined)
    return { text, value: json, faults: [], broken: false, positions: () => parsedPositions(text) };
  const problem = await unreadable(text);
  if (problem !== undefined) return brokenSource(text, problem);
  const [{ readYaml }, { positionsIn }] = await Promise.all([import("./yaml-reader.ts"), import("./positions.ts")]);
  const { document, lines, ...reading } = readYaml(text);
  const positions = positionsIn(text, document, lines);
  return { text, ...reading, positions: async () => positions };
}

async function unreadable(text: string): Promise<string | undefined> {
  if (Buffer.byteLength(text) > limits.bytes) return tooLarge;
  return (await nestsTooDeep(text)) ? tooDeep : undefined;
}

/** Ends a message on a spec or list that is not read because of its size. */
export const tooLarge = `larger than ${limits.bytes / 1024 / 1024} MiB`;

function brokenSource(text: string, message: string): Source {
  return { text, value: undefined, faults: [{ path: [], message }], broken: true, positions: async () => nowhere };
}

/** The positions of a text that is not parsed: everything is about the whole of it. */
const nowhere: Positions = {
  locate: (fault) => fault.span ?? [0, 0],
  place: () => ({ line: 0, column: 0 }),
  hidden: () => [],
};

async function parsedPositions(text: string): Promise<Positions> {
  const { positionsOf } = await import("./positions.ts");
  return positionsOf(text);
}
