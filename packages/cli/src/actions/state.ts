import { resolve } from "node:path";
import {
  moveTools,
  selectByName,
  stateTools,
  type MoveReport,
  type Spec,
  type StateParts,
  type StateRoles,
} from "@rotate/core";
import { exitWith, type ActionInput, type NamesArgs } from "../action.ts";
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
  input: Input<{ readonly show?: boolean; readonly drop?: boolean; readonly here?: boolean }>,
): Promise<{ readonly version: 1; readonly key?: string; readonly keys?: Keys }> {
  const { flags, json, terminal } = input;
  if (flags.here === true) return printOwnKeys(input);
  if (flags.show === true || flags.drop === true) return tellKeys(input, flags.drop === true);
  const { newStateKey } = await stateTools();
  const key = newStateKey();
  if (!json) terminal.out(key);
  return { version: 1, key };
}

async function printOwnKeys(input: Input): Promise<{ readonly version: 1; readonly key: string }> {
  const { keysHere } = await moveTools();
  const keys = await keysHere(await whereOf(input));
  if (keys.length === 0) throw new UsageError("no state of this machine was written with a key of its own");
  const key = keys.join("\n");
  if (!input.json) input.terminal.out(key);
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

/** `rotate state move`: what this machine rotates alone goes to the shared state, or comes back. */
export async function moveState(input: ActionInput<{ readonly back?: boolean }, NamesArgs>): Promise<MoveReport> {
  const { args, flags, json, terminal } = input;
  const tools = await moveTools();
  const where = await whereOf(input);
  const chosen = selectByName(where.spec.rotations, args.names);
  const report = await tools.moveState({ ...where, chosen, back: flags.back === true });
  if (!json) {
    for (const { name, result, message } of report.rotations)
      terminal.out(message === undefined ? `${name}: ${result}` : `${name}: ${result}: ${message}`);
    terminal.out(`from ${report.from} to ${report.to}: ${endOf(report.rotations, flags.back === true)}`);
  }
  exitWith(exitOf(report.rotations));
  return report;
}

type MovedRotations = MoveReport["rotations"];

function exitOf(rotations: MovedRotations): number {
  const results = new Set(rotations.map(({ result }) => result));
  if (results.has("occupied") || results.has("unfinished")) return 1;
  return results.has("locked") ? 5 : 0;
}

function endOf(rotations: MovedRotations, back: boolean): string {
  const there = rotations.filter(({ result }) => result === "moved" || result === "there").length;
  const next = back ? "take `state` out of the spec of this machine" : "every host with this spec may rotate them now";
  return there === 0 ? "nothing was moved" : `${there} rotations are there; ${next}`;
}

/** Whose state, and where this machine's is. */
async function whereOf(
  input: Input,
): Promise<StateParts & { readonly spec: Spec; readonly stateDir: string | undefined }> {
  const stateDir = input.flags["state-dir"];
  return { ...(await partsOf(input)), stateDir: stateDir === undefined ? undefined : resolve(stateDir) };
}

async function partsOf({ flags, terminal }: Input): Promise<StateParts & { readonly spec: Spec }> {
  const { "log-level": level, "log-format": format, "state-dir": stateDir } = flags;
  const { runtime } = createReporter({ terminal, level, format, board: false, omit: [] });
  return { spec: await readSpec(flags.file, terminal, { stateDir }), runtime };
}
