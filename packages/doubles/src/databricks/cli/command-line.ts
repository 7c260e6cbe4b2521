import { parseArgs } from "node:util";

const text = { type: "string" } as const;
const options = {
  profile: { ...text, short: "p" },
  output: { ...text, short: "o" },
  host: text,
  json: text,
  "request-id": text,
  ttl: text,
  "expire-time": text,
  version: { type: "boolean" },
} as const;

/** What was typed behind `databricks`. */
export interface CommandLine {
  readonly positionals: readonly string[];
  readonly flags: Flags;
}

/** Flags by name, without the dashes. */
export type Flags = ReturnType<typeof parse>["values"];

function parse(args: string[]) {
  return parseArgs({ args, options, allowPositionals: true });
}

/** Reads argv as the CLI does. Throws an Error in its words for a flag that does not exist. */
export function readCommandLine(args: string[], hasTtl: boolean): CommandLine {
  const older = ["--ttl", "--expire-time"].find((flag) => args.includes(flag));
  if (older !== undefined && !hasTtl) throw new Error(`unknown flag: ${older}`);
  try {
    const { positionals, values } = parse(args);
    return { positionals, flags: values };
  } catch (error) {
    const flag = /Unknown option '(-[^' ]+)/.exec(String(error))?.[1];
    throw new Error(flag === undefined ? String(error) : `unknown flag: ${flag}`, { cause: error });
  }
}
