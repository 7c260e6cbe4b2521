import { BaseCommand } from "../../base-command.ts";
import { unitFlags } from "../../systemd/flags.ts";

/** What `rotate systemd print` takes and says of itself; actions/systemd.ts does it. */
export class SystemdPrint extends BaseCommand<typeof SystemdPrint> {
  static override summary = "Print the systemd units that the spec needs, with all else closed.";
  static override description = `The daemon as a service that tells systemd when it is ready, how things stand and that it lives; or, with --timer, a run and its timer. It may write where the sinks of the spec are, gets the credentials that the spec names, and no more. When the spec writes elsewhere, print the units again.

Exit codes: 0 printed; 2 usage or spec error.`;
  static override examples = [
    { description: "look before you install", command: "<%= config.bin %> systemd print -f /etc/rotate/rotate.yaml" },
    { description: "a run every five minutes", command: "<%= config.bin %> systemd print --timer 5m --user rotate" },
  ];
  static override flags = unitFlags;

  override async run(): Promise<unknown> {
    const { printUnits } = await import("../../actions/index.ts");
    return printUnits(await this.input());
  }
}
