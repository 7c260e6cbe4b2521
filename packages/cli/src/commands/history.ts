import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";
import { countFlag } from "../flags.ts";

/** What `rotate history` takes and says of itself; actions/history.ts does it. */
export class History extends BaseCommand<typeof History> {
  static override summary = "Show past attempts: when, why, how they ended, and what failed.";
  static override description =
    "The newest is last. Failures of one rotation in a row, for one reason, are one line, unless --all is given. Credentials appear by fingerprint only.";
  static override examples = [
    { description: "the last twenty of all rotations", command: "<%= config.bin %> history" },
    { description: "the last attempt of one", command: "<%= config.bin %> history backstage-db --limit 1" },
  ];
  static override args = { name: Args.string({ description: "one rotation; none: all" }) };
  static override flags = {
    limit: countFlag("how many, the newest (default 20)"),
    all: Flags.boolean({ description: "a line for each failure, and what to do about it" }),
  };

  override async run(): Promise<unknown> {
    const { history } = await import("../actions/index.ts");
    return history(await this.input());
  }
}
