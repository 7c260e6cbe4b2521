import { Flags } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";
import { durationFlag, namesArgument } from "../flags.ts";

export class Status extends BaseCommand<typeof Status> {
  static override summary = "Show every rotation: its state, when its credential ends, when it is rotated next.";
  static override description = `States: fresh, due, rotating, reload-owed (written, but the consumer was not reloaded yet), failing (the last attempt failed, the credential is still valid), expired, orphaned (no longer in the spec), foreign (the state came from another machine), needs-login, never (nothing minted yet).

With --check it exits like run: 0 all good, 1 failing, 3 expired or about to be, 4 reload owed.`;
  static override examples = [
    { description: "a table", command: "<%= config.bin %> status" },
    { description: "for monitoring", command: "<%= config.bin %> status --check --min-remaining 15m" },
  ];
  static override args = { names: namesArgument };
  static override flags = {
    watch: Flags.boolean({ char: "w", description: "show it anew every second until Ctrl-C" }),
    check: Flags.boolean({ description: "exit with a code that says how things stand" }),
    "min-remaining": durationFlag("with --check: a credential that ends sooner is exit code 3"),
  };

  override async run(): Promise<unknown> {
    const { status } = await import("../actions/index.ts");
    return status(await this.input());
  }
}
