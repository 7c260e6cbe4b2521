import { Flags } from "@oclif/core";
import { BaseCommand } from "../../base-command.ts";
import { unitFlags } from "../../systemd/flags.ts";

/** What `rotate systemd install` takes and says of itself; actions/systemd.ts does it. */
export class SystemdInstall extends BaseCommand<typeof SystemdInstall> {
  static override summary = "Write the systemd units that the spec needs.";
  static override description = `What rotate systemd print shows is written to the directory of units, and systemd reads it. Nothing is started: the command for that is told. A unit that rotate did not make is not written over; a change of your own belongs into systemctl edit.

Exit codes: 0 written; 1 systemd could not read them; 2 usage or spec error, nothing was written.`;
  static override examples = [
    { description: "the daemon", command: "sudo <%= config.bin %> systemd install -f /etc/rotate/rotate.yaml" },
  ];
  static override flags = {
    ...unitFlags,
    directory: Flags.string({
      helpValue: "DIR",
      description: "another directory of units; systemd is then not asked to read it",
    }),
  };

  override async run(): Promise<unknown> {
    const { installUnits } = await import("../../actions/index.ts");
    return installUnits(await this.input());
  }
}
