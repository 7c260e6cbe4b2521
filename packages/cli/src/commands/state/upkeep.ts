import { BaseCommand } from "../../base-command.ts";
import { durationFlag } from "../../flags.ts";

/** What `rotate state upkeep` takes and says of itself; actions/state.ts does it. */
export class StateUpkeep extends BaseCommand<typeof StateUpkeep> {
  static override summary = "Make room for the history to come of a shared state, and drop what is old.";
  static override description = `History has a partition for each day: those of the next two weeks are made, those that are older than --keep are dropped, and machines that were not heard of for as long are forgotten. As the owner of the tables, once a day or week; without it nothing fails, and history grows. It is done for all specs of the schema.

Exit codes: 0 done; 2 usage or spec error; 6 the database cannot be used.`;
  static override examples = [
    { description: "from a timer of the owner", command: "<%= config.bin %> state upkeep --keep 90d" },
  ];
  static override flags = { keep: durationFlag("how long history is kept (default 90d)") };

  override async run(): Promise<unknown> {
    const { upkeepState } = await import("../../actions/index.ts");
    return upkeepState(await this.input());
  }
}
