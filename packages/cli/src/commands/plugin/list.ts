import { BaseCommand } from "../../base-command.ts";

/** What `rotate plugin list` takes and says of itself; actions/plugin.ts does it. */
export class PluginList extends BaseCommand<typeof PluginList> {
  static override summary = "Show the plugins under `plugins` of the spec, and how they stand against `rotate.lock`.";
  static override description = `Starts nothing. States: approved, changed, not approved, missing, and refused where others could change the file.

Exit codes: 0 told; 2 the spec cannot be read.`;
  static override examples = [{ description: "all of them", command: "<%= config.bin %> plugin list" }];

  override async run(): Promise<unknown> {
    const { listPlugins } = await import("../../actions/index.ts");
    return listPlugins(await this.input());
  }
}
