import { BaseCommand } from "../../base-command.ts";

/** What `rotate state publish` takes and says of itself; actions/state.ts does it. */
export class StatePublish extends BaseCommand<typeof StatePublish> {
  static override summary = "Say that the spec of this host counts, for all hosts of a shared state.";
  static override description = `A spec that nobody had before counts by itself, as soon as a host has it; hosts with the one before it stop rotating, and say so. This is for going back to a spec that was replaced.

Exit codes: 0 done; 2 usage or spec error; 6 the database cannot be used.`;
  static override examples = [
    { description: "after an edit was taken back", command: "<%= config.bin %> state publish" },
  ];

  override async run(): Promise<unknown> {
    const { publishSpec } = await import("../../actions/index.ts");
    return publishSpec(await this.input());
  }
}
