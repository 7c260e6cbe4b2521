import { Flags } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";
import { durationFlag, namesArgument } from "../flags.ts";

/** What `rotate status` takes and says of itself; actions/status.ts does it. */
export class Status extends BaseCommand<typeof Status> {
  static override summary = "Show every rotation: its state, when its credential ends, when it is rotated next.";
  static override description = `First how all of them stand in a sentence, then what is wrong, each cause once, then a row for each rotation, worst first. With one name: all that is known of it.

It opens no sink: what a sink holds is told as the last run, or the daemon every five minutes, found it. plan and needs-rotation look at it now.

States: fresh, due, reload-owed (written, but the consumer was not shown to use it), failing (its attempts fail, what is in use still works), expiring, expired, drift (somebody else changed what was written), at-risk (it works and cannot last), orphaned (not in the spec any more, or another machine's now, with a credential left here), foreign (the state came from another machine), needs-login, never (nothing minted yet), ejected.

With --check it exits like run: 0 all good, 1 failing, 3 expired or about to be, 4 reload owed.`;
  static override examples = [
    { description: "a table", command: "<%= config.bin %> status" },
    { description: "for monitoring", command: "<%= config.bin %> status --check --min-remaining 15m" },
  ];
  static override args = { names: namesArgument };
  static override flags = {
    all: Flags.boolean({ description: "every row, also on a terminal when there are more than 40" }),
    watch: Flags.boolean({
      char: "w",
      description: "show it anew every second until q or Ctrl-C; with --json an object for each change",
    }),
    check: Flags.boolean({ description: "exit with a code that says how things stand" }),
    "min-remaining": durationFlag("with --check: a credential that ends sooner is exit code 3"),
  };

  override async run(): Promise<unknown> {
    const { status } = await import("../actions/quick.ts");
    return status(await this.input());
  }
}
