import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../../base-command.ts";

/** What `rotate plugin approve` takes and says of itself; actions/plugin.ts does it. */
export class PluginApprove extends BaseCommand<typeof PluginApprove> {
  static override summary = "Pin the plugins under `plugins` as they are now in `rotate.lock`.";
  static override description = `Starts each plugin once to ask what it is, and writes the SHA-256 of its files and its description to \`rotate.lock\` beside the spec. For a binary, what was approved for other platforms stays. Look at what changed first. With --check nothing is started or written: for CI.

Exit codes: 0 approved; 2 refused, or with --check: not all are approved.`;
  static override examples = [
    { description: "after a change", command: "<%= config.bin %> plugin approve ./acme.py" },
    {
      description: "a binary for another platform",
      command: "<%= config.bin %> plugin approve ./acme --platform linux-arm64=./acme-arm64",
    },
    { description: "in CI", command: "<%= config.bin %> plugin approve --check" },
  ];
  static override args = {
    names: Args.string({ multiple: true, description: "as they stand in the spec; none: all that are not approved" }),
  };
  static override flags = {
    yes: Flags.boolean({ char: "y", description: "do not ask" }),
    platform: Flags.string({
      multiple: true,
      description: "PLATFORM=FILE: pin this file of a program for another platform; it is not started",
      helpValue: "linux-arm64=FILE",
    }),
    check: Flags.boolean({ description: "only tell whether all are approved", exclusive: ["yes", "platform"] }),
  };

  override async run(): Promise<unknown> {
    const { approvePlugins } = await import("../../actions/index.ts");
    return approvePlugins(await this.input());
  }
}
