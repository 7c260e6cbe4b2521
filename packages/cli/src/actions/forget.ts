import { type Engine, type RevokeReport, selectByName } from "@rotate/core";
import { exitWith, type ActionInput } from "../action.ts";
import { confirm } from "../confirm.ts";
import { UsageError } from "../failure.ts";
import { count } from "../output/event-line.ts";
import { withEngine } from "../with-engine.ts";

/** `revoke`: kill its credentials first. `yes`: ask nobody. */
export interface ForgetFlags {
  readonly revoke?: boolean;
  readonly yes?: boolean;
}

interface Forgotten {
  readonly name: string;
  readonly result: "forgotten" | "kept";
  readonly revoked?: RevokeReport["leases"];
}
interface ForgetReport extends Partial<Pick<Forgotten, "name" | "revoked">> {
  readonly version: 1;
  readonly rotations: readonly Forgotten[];
}

/** `rotate forget`: drops the state of rotations, with `--revoke` after their leases were revoked. */
export function forget(
  input: ActionInput<ForgetFlags, { readonly names?: readonly string[] | undefined }>,
): Promise<ForgetReport> {
  const { flags, args, json, terminal } = input;
  return withEngine(input, {}, async ({ engine }) => {
    // None would mean all.
    if (args.names === undefined || args.names.length === 0) throw new UsageError("name what is to be forgotten");
    // Of other machines only what is named: a pattern is meant for here.
    const others = (await engine.elsewhere()).filter((name) => args.names?.includes(name));
    const known = [...new Set([...(await engine.known()), ...others])];
    const all = known.map((name) => ({ name }));
    const names = selectByName(all, args.names).map(({ name }) => name);
    const shown = names.length === 1 ? `${names[0]}` : count(names.length, "rotation");
    const question = `the state of ${names.join(", ")} is forgotten: what was written stays where it is`;
    await confirm(shown, { yes: flags.yes === true, question });
    const rotations: Forgotten[] = [];
    for (const name of names) {
      const one = await forgetOne(engine, name, flags.revoke === true);
      rotations.push(one);
      if (!json) terminal.out(`${name}  ${describe(one)}`);
    }
    exitWith(rotations.some(({ result }) => result === "kept") ? 1 : 0);
    const [first] = rotations;
    const { name, revoked } = rotations.length === 1 && first ? first : {};
    return { version: 1, ...(name !== undefined && { name }), ...(revoked && { revoked }), rotations };
  });
}

/** Kept when a lease of it could not be revoked. */
async function forgetOne(engine: Engine, name: string, revoke: boolean): Promise<Forgotten> {
  const reports = revoke ? [await engine.revoke(name), await engine.revoke(name, { previous: true })] : [];
  const revoked = reports.flatMap(({ leases }) => leases);
  const told = revoke ? { revoked } : {};
  if (revoked.some(({ result }) => result === "failed")) return { name, result: "kept", ...told };
  await engine.forget(name);
  return { name, result: "forgotten", ...told };
}

function describe({ result, revoked = [] }: Forgotten): string {
  const failed = revoked.find((lease) => lease.result === "failed");
  return failed ? `kept: lease ${failed.id} could not be revoked: ${failed.error?.message ?? ""}` : result;
}
