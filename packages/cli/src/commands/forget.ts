import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";

/** What `rotate forget` takes and says of itself; actions/forget.ts does it. */
export class Forget extends BaseCommand<typeof Forget> {
  static override summary = "Forget the state of rotations, after confirmation; what they wrote stays.";
  static override description = `For a rotation that was taken out of the spec: its alarms end. With --revoke its credentials are revoked first, and the state is kept when one could not be. NAME@MACHINE, of a machine of a fleet that is gone: what it told of its rotation is told no more.

Exit codes: 0 forgotten; 1 kept, because a lease could not be revoked; 2 usage or spec error; 5 another process is at work on it; 6 could not tell.`;
  static override examples = [
    { description: "after taking it out of the spec", command: "<%= config.bin %> forget old-db" },
    { description: "all that a list has lost", command: "<%= config.bin %> forget 'tenant-db.eu-*'" },
    { description: "and nothing of it shall live on", command: "<%= config.bin %> forget old-db --revoke --yes" },
  ];
  static override args = {
    names: Args.string({ required: true, multiple: true, description: "rotations, by name or glob (quote it)" }),
  };
  static override flags = {
    revoke: Flags.boolean({ description: "revoke its credentials first" }),
    yes: Flags.boolean({ char: "y", description: "do not ask" }),
  };

  override async run(): Promise<unknown> {
    const { forget } = await import("../actions/index.ts");
    return forget(await this.input());
  }
}
