import type { Context } from "@rotate/plugin-kit";
import { systemctl, systemctlError, type UnitOptions } from "./systemctl.ts";

const properties = [
  "LoadState",
  "ActiveState",
  "SubState",
  "Result",
  "Type",
  "CanReload",
  "NRestarts",
  "InvocationID",
] as const;

/** Properties of a unit, as `systemctl show` prints them. Empty for what a kind of unit does not have. */
export type UnitState = Readonly<Record<(typeof properties)[number], string>>;

/** Asks for them. A unit that does not exist has LoadState not-found: that is an answer. Throws what `systemctlError` makes. */
export async function unitState(ctx: Context<UnitOptions>): Promise<UnitState> {
  const answer = await systemctl(ctx, "show", [`--property=${properties.join(",")}`]);
  if (answer.exitCode !== 0)
    throw systemctlError(`cannot see ${ctx.options.unit}`, answer, "run `systemctl show` by hand");
  const shown = answer.stdout
    .split("\n")
    .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]);
  const found = new Map(shown.map(([name = "", value = ""]) => [name, value]));
  return Object.fromEntries(properties.map((name) => [name, found.get(name) ?? ""])) as UnitState;
}

/** A one-shot that ran to its end, and does not stay active. */
export function isDone({ ActiveState, Type, Result }: UnitState): boolean {
  return ActiveState === "inactive" && Type === "oneshot" && Result === "success";
}

/** On its way to another state. A unit that waits to be started again has died, so it is not. */
export function isMoving({ ActiveState, SubState }: UnitState): boolean {
  return ["activating", "reloading", "deactivating", "refreshing"].includes(ActiveState) && SubState !== "auto-restart";
}
