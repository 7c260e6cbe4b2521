import type { RevokeReport } from "@rotate/core";
import { exitWith, type ActionInput } from "../action.ts";
import { confirm } from "../confirm.ts";
import { UsageError } from "../failure.ts";
import { withSession } from "../session.ts";

export interface ForgetFlags {
  readonly revoke?: boolean;
  readonly yes?: boolean;
}
interface ForgetReport {
  readonly version: 1;
  readonly name: string;
  readonly revoked?: RevokeReport["leases"];
}

/** `rotate forget`: drops the state of a rotation, with `--revoke` after its leases were revoked. */
export function forget(input: ActionInput<ForgetFlags, { readonly name: string }>): Promise<ForgetReport> {
  const { flags, args, json, terminal } = input;
  const { name } = args;
  return withSession(input, {}, async ({ engine }) => {
    const { rotations } = await engine.status();
    if (!rotations.some((rotation) => rotation.name === name))
      throw new UsageError(`nothing is known of a rotation ${name}`, "`rotate status` lists what is");
    await confirm(name, {
      yes: flags.yes === true,
      question: `the state of ${name} is forgotten: what it wrote stays where it is`,
    });
    const revoked =
      flags.revoke === true
        ? [...(await engine.revoke(name)).leases, ...(await engine.revoke(name, { previous: true })).leases]
        : undefined;
    const failed = revoked?.find(({ result }) => result === "failed");
    if (failed) {
      if (!json) terminal.out(`${name}  kept: lease ${failed.id} could not be revoked: ${failed.error?.message ?? ""}`);
      exitWith(1);
      return { version: 1, name, revoked: revoked ?? [] };
    }
    await engine.forget(name);
    if (!json) terminal.out(`${name}  forgotten`);
    return { version: 1, name, ...(revoked && { revoked }) };
  });
}
