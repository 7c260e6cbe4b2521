import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";

/** What `rotate revoke` takes and says of itself; actions/revoke.ts does it. */
export class Revoke extends BaseCommand<typeof Revoke> {
  static override summary = "Revoke credentials upstream, after confirmation.";
  static override description = `Without --previous it is the credential in use: its consumers stop working until the next run, which mints anew. Also for a rotation that is no longer in the spec, as long as its provider is. --all takes every rotation of the spec: for a job that is over, or a machine that is given away.

Exit codes: 0 done; 1 a lease could not be revoked; 2 usage or spec error; 5 another process is at work on it; 6 could not tell.`;
  static override examples = [
    {
      description: "it leaked: kill it and replace it",
      command: "<%= config.bin %> revoke billing && <%= config.bin %> run billing",
    },
    { description: "a job is over: leave nothing behind", command: "<%= config.bin %> revoke --all --yes" },
    { description: "only what was replaced already", command: "<%= config.bin %> revoke billing --previous --yes" },
  ];
  static override args = { name: Args.string({ description: "the rotation" }) };
  static override flags = {
    all: Flags.boolean({ description: "every rotation of the spec" }),
    previous: Flags.boolean({ description: "the superseded credentials, not the one in use" }),
    yes: Flags.boolean({ char: "y", description: "do not ask" }),
  };

  override async run(): Promise<unknown> {
    const { revoke } = await import("../actions/index.ts");
    return revoke(await this.input());
  }
}
