import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";

/** What `rotate needs-rotation` takes and says of itself; actions/needs-rotation.ts does it. */
export class NeedsRotation extends BaseCommand<typeof NeedsRotation> {
  static override summary = "Tell by the exit code whether a rotation has something to do.";
  static override description = `Exit codes: 0 it is due, was never minted or is owed work; 1 nothing to do; 255 anything else. These are the codes that systemd's ExecCondition= understands: 1 skips the unit quietly, 255 fails it.`;
  static override examples = [
    { description: "in a shell", command: "<%= config.bin %> needs-rotation backstage-db && ./announce.sh" },
    { description: "in a systemd unit", command: "ExecCondition=/usr/bin/rotate needs-rotation backstage-db" },
  ];
  static override enableJsonFlag = false;
  static override flags = {
    quiet: Flags.boolean({ char: "q", description: "print nothing: the exit code is the answer" }),
  };
  static override args = { name: Args.string({ required: true, description: "the rotation" }) };

  override async run(): Promise<void> {
    const { needsRotation } = await import("../actions/quick.ts");
    await needsRotation(await this.input());
  }

  protected override async catch(failure: Error): Promise<void> {
    await super.catch(failure);
    process.exitCode = 255;
  }
}
