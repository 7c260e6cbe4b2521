import { Flags } from "@oclif/core";
import { BaseCommand } from "../../base-command.ts";

/** What `rotate state adopt` takes and says of itself; actions/state.ts does it. */
export class StateAdopt extends BaseCommand<typeof StateAdopt> {
  static override summary = "Take a shared state that came from another database server for this one's own.";
  static override description = `After a dump was restored elsewhere nothing is rotated until somebody says what that means. --moved: the old server is off for good, and its leases are ours. --copy: it goes on beside this one; what lives is left to it, never revoked from here, and minted anew.

Exit codes: 0 done; 2 usage or spec error; 5 a process is at work; 6 the database cannot be used.`;
  static override examples = [
    { description: "the database has a new server", command: "<%= config.bin %> state adopt --moved" },
    { description: "a copy for a test", command: "<%= config.bin %> state adopt --copy" },
  ];
  static override flags = {
    moved: Flags.boolean({ description: "the old server is off for good", exclusive: ["copy"] }),
    copy: Flags.boolean({ description: "the old server goes on" }),
  };

  override async run(): Promise<unknown> {
    const { adoptState } = await import("../../actions/index.ts");
    return adoptState(await this.input());
  }
}
