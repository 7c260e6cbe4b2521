import { Flags } from "@oclif/core";
import { BaseCommand } from "../../base-command.ts";

/** What `rotate state init` takes and says of itself; actions/state.ts does it. */
export class StateInit extends BaseCommand<typeof StateInit> {
  static override summary = "Make the tables of a state that several machines share.";
  static override description = `In the database of the spec (\`state\`), as a role that may create schemas; once for each spec. It changes nothing that is there already. The roles that rotate then runs as are made by whoever makes roles; here they get the least rights that they need.

Exit codes: 0 done; 2 usage or spec error; 6 the database cannot be used.`;
  static override examples = [
    {
      description: "as the owner, for a role that works and one that only looks",
      command:
        "ROTATE_DB=postgres://owner@db/rotate <%= config.bin %> state init --worker rotate_worker --reader rotate_reader",
    },
  ];
  static override flags = {
    worker: Flags.string({ description: "a role that gets what `run` and `watch` need" }),
    reader: Flags.string({ description: "a role that gets what `status`, `history` and `plan` need" }),
  };

  override async run(): Promise<unknown> {
    const { initState } = await import("../../actions/index.ts");
    return initState(await this.input());
  }
}
