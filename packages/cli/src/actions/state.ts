import { stateTools, type StateParts, type StateRoles } from "@rotate/core";
import type { ActionInput } from "../action.ts";
import { UsageError } from "../failure.ts";
import { durationValue } from "../flag-values.ts";
import { createReporter } from "../reporter.ts";
import { readSpec } from "../spec.ts";

type Input<Flags = object> = ActionInput<Flags, object>;

/** ms */
const day = 86_400_000;

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

/** What the state knows of the keys that it was written with. */
type Keys = Awaited<ReturnType<Awaited<ReturnType<typeof stateTools>>["stateKeys"]>>;

/** `rotate state key`: prints one that nobody has, or tells of those that the state was written with. */
export async function stateKey(
  input: Input<{ readonly show?: boolean; readonly drop?: boolean }>,
): Promise<{ readonly version: 1; readonly key?: string; readonly keys?: Keys }> {
  const { flags, json, terminal } = input;
  if (flags.show === true || flags.drop === true) return tellKeys(input, flags.drop === true);
  const { newStateKey } = await stateTools();
  const key = newStateKey();
  if (!json) terminal.out(key);
  return { version: 1, key };
}

async function tellKeys(input: Input, drop: boolean): Promise<{ readonly version: 1; readonly keys: Keys }> {
  const { stateKeys } = await stateTools();
  const keys = await stateKeys(await partsOf(input), { drop });
  if (!input.json)
    for (const { check, since, current, rotations } of keys)
      input.terminal.out(`${check}  since ${since}  ${rotations} rotations${current ? "  written with now" : ""}`);
  return { version: 1, keys };
}

/** `rotate state upkeep`: room for history to come, and an end for what is old. */
export async function upkeepState(input: Input<{ readonly keep?: string | undefined }>): Promise<object> {
  const keep = durationValue("keep", input.flags.keep) ?? 90 * day;
  const { tendState } = await stateTools();
  const report = await tendState(await partsOf(input), Math.ceil(keep / day));
  const { made, dropped, deleted } = report;
  if (!input.json)
    input.terminal.out(
      `${made.length} partitions made, ${dropped.length} dropped, ${deleted} rows deleted beside them`,
    );
  return report;
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
