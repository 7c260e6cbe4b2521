import { stateTools, type StateParts, type StateRoles } from "@rotate/core";
import type { ActionInput } from "../action.ts";
import { UsageError } from "../failure.ts";
import { createReporter } from "../reporter.ts";
import { readSpec } from "../spec.ts";

type Input<Flags = object> = ActionInput<Flags, object>;

interface PreparedReport {
  readonly version: 1;
  readonly database: string;
}

/** `rotate state init`: the tables of a shared state, and the rights of its roles. */
export function initState(input: Input<StateRoles>): Promise<PreparedReport> {
  return prepare(input, false);
}

/** `rotate state upgrade`: the tables of an earlier rotate become those of this one. */
export function upgradeState(input: Input<StateRoles>): Promise<PreparedReport> {
  return prepare(input, true);
}

async function prepare(input: Input<StateRoles>, upgrade: boolean): Promise<PreparedReport> {
  const { flags, json, terminal } = input;
  const { prepareState } = await stateTools();
  const { place } = await prepareState(await partsOf(input), { upgrade, worker: flags.worker, reader: flags.reader });
  if (!json) terminal.out(`${place}: ready for ${flags.file}`);
  return { version: 1, database: place };
}

/** `rotate state key`: prints one that nobody has. */
export async function stateKey({ json, terminal }: Input): Promise<{ readonly version: 1; readonly key: string }> {
  const { newStateKey } = await stateTools();
  const key = newStateKey();
  if (!json) terminal.out(key);
  return { version: 1, key };
}

/** `rotate state publish`: the spec of this host counts from now on. */
export async function publishSpec(input: Input): Promise<{ readonly version: 1 }> {
  const { publishState } = await stateTools();
  await publishState(await partsOf(input));
  if (!input.json) input.terminal.out("the spec of this host counts now, for all hosts");
  return { version: 1 };
}

/** `rotate state adopt`: a state from another server is this one's own. */
export async function adoptState(
  input: Input<{ readonly moved?: boolean; readonly copy?: boolean }>,
): Promise<{ readonly version: 1 }> {
  const { moved = false, copy = false } = input.flags;
  if (moved === copy) throw new UsageError("say what became of the old server: --moved or --copy");
  const tools = await stateTools();
  await tools.adoptState(await partsOf(input), moved ? "moved" : "copy");
  if (!input.json) input.terminal.out("the state is this database's own now");
  return { version: 1 };
}

async function partsOf({ flags, terminal }: Input): Promise<StateParts> {
  const { "log-level": level, "log-format": format, "state-dir": stateDir } = flags;
  const { runtime } = createReporter({ terminal, level, format, board: false, omit: [] });
  return { spec: await readSpec(flags.file, terminal, { stateDir }), runtime };
}
