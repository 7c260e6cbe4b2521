import { selectByName, setupsOf, type ProviderSetup } from "@rotate/core";
import type { ActionInput, NamesArgs } from "../action.ts";
import { readSpec } from "../spec.ts";

/** `rotate databases setup --json`. */
export interface SetupReport {
  readonly version: 1;
  readonly providers: readonly ProviderSetup[];
}

/** `rotate databases setup`: what administrators run once, as a script for the client of each database. */
export async function databasesSetup({
  flags,
  args,
  json,
  terminal,
}: ActionInput<object, NamesArgs>): Promise<SetupReport> {
  const spec = await readSpec(flags.file, terminal, { whole: true });
  const providers = setupsOf(selectByName(spec.rotations, args.names));
  if (providers.length === 0) terminal.err("nothing in this spec makes users of a database");
  if (!json) for (const setup of providers) terminal.out(scriptOf(setup));
  return { version: 1, providers };
}

const marks: Readonly<Record<ProviderSetup["language"], string>> = { sql: "--", redis: "#" };

function scriptOf({ provider, type, rotations, place, language, notes, statements }: ProviderSetup): string {
  const head = [`${provider} (${type}), for ${rotations.join(", ")}`, `Run on ${place}.`, ...notes];
  return [...head.map((line) => `${marks[language]} ${line}`), ...statements, ""].join("\n");
}
