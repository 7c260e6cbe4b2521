import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../../base-command.ts";

/** What `rotate plugin add` takes and says of itself; actions/plugin.ts does it. */
export class PluginAdd extends BaseCommand<typeof PluginAdd> {
  static override summary = "Name a package or a program under `plugins` of the spec, and approve it.";
  static override description = `Starts the plugin once to ask what it is, pins its files by SHA-256 in \`rotate.lock\` beside the spec, and writes its name into the spec. A package runs under Node's permission model, and what it touches is shown first. A program can do whatever you can: rotate pins and supervises it, and no more.

Exit codes: 0 done; 2 refused.`;
  static override examples = [
    { description: "a package that is installed", command: "<%= config.bin %> plugin add rotate-plugin-acme" },
    { description: "a program beside the spec", command: "<%= config.bin %> plugin add ./acme.py" },
    { description: "in a script", command: "<%= config.bin %> plugin add ./acme.py --yes" },
  ];
  static override args = {
    path: Args.string({ required: true, description: "the package's name, or the program, relative to the spec" }),
  };
  static override flags = { yes: Flags.boolean({ char: "y", description: "do not ask" }) };

  override async run(): Promise<unknown> {
    const { addPlugin } = await import("../../actions/index.ts");
    return addPlugin(await this.input());
  }
}
