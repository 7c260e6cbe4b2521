import { Flags } from "@oclif/core";
import { BaseCommand } from "../../base-command.ts";

/** What `rotate state upgrade` takes and says of itself; actions/state.ts does it. */
export class StateUpgrade extends BaseCommand<typeof StateUpgrade> {
  static override summary = "Bring the tables of a shared state to those of this rotate.";
  static override description = `Stop every \`rotate watch\` of the old version first: it refuses tables that it does not know, and those of this version refuse the old ones.

Exit codes: 0 done; 2 usage or spec error; 6 the database cannot be used.`;
  static override examples = [{ description: "after rotate was upgraded", command: "<%= config.bin %> state upgrade" }];
  static override flags = {
    worker: Flags.string({ description: "a role that gets what `run` and `watch` need" }),
    reader: Flags.string({ description: "a role that gets what `status`, `history` and `plan` need" }),
  };

  override async run(): Promise<unknown> {
    const { upgradeState } = await import("../../actions/index.ts");
    return upgradeState(await this.input());
  }
}
