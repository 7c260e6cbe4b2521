import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";

/** What `rotate revoke` takes and says of itself; actions/revoke.ts does it. */
export class Revoke extends BaseCommand<typeof Revoke> {
  static override summary = "Revoke a rotation's credential upstream, after confirmation.";
  static override description = `Without --previous it is the credential in use: its consumers stop working until the next run, which mints anew. Also for a rotation that is no longer in the spec, as long as its provider is.

Exit codes: 0 done; 1 a lease could not be revoked; 2 usage or spec error; 5 another process is at work on it; 6 could not tell.`;
  static override examples = [
    {
      description: "it leaked: kill it and replace it",
      command: "<%= config.bin %> revoke billing && <%= config.bin %> run billing",
    },
    { description: "only what was replaced already", command: "<%= config.bin %> revoke billing --previous --yes" },
  ];
  static override args = { name: Args.string({ required: true, description: "the rotation" }) };
  static override flags = {
    previous: Flags.boolean({ description: "the superseded credentials, not the one in use" }),
    yes: Flags.boolean({ char: "y", description: "do not ask" }),
  };

  override async run(): Promise<unknown> {
    const { revoke } = await import("../actions/index.ts");
    return revoke(await this.input());
  }
}
