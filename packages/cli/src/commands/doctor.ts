import { Flags } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";

/** What `rotate doctor` takes and says of itself; actions/doctor.ts does it. */
export class Doctor extends BaseCommand<typeof Doctor> {
  static override summary = "Look for what is wrong with this host, the spec and what they touch.";
  static override description = `Looks at Node, the user, the spec and its plugins, the state, who else can write what rotate stands on, each check of providers, sinks and reloads, disks, temporary files that a killed process left, variables that hide what is written, the clock against the issuers', and proxies. Each finding comes with a code and with what to do. Mints nothing, writes nothing, and leaves no state where there was none.

How the credentials themselves stand is told by rotate status.

Exit codes: 0 nothing was found but notes; 1 an error or a warning was found; 2 usage error; 6 could not tell.`;
  static override examples = [
    {
      description: "as the user that runs rotate",
      command: "sudo -u rotate <%= config.bin %> doctor -f /etc/rotate/rotate.yaml",
    },
    {
      description: "for a script",
      command: "<%= config.bin %> doctor --json | jq -r '.findings[] | \"\\(.code) \\(.about)\"'",
    },
  ];
  static override flags = {
    ignore: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: "CODE",
      description: "findings of this code are known and accepted; can be given several times",
    }),
    "resolve-exec": Flags.boolean({ description: "also run the commands of { exec: … } references" }),
  };

  override async run(): Promise<unknown> {
    const { doctor } = await import("../actions/index.ts");
    return doctor(await this.input());
  }
}
