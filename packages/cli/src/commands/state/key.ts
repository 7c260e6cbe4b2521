import { Flags } from "@oclif/core";
import { BaseCommand } from "../../base-command.ts";

/** What `rotate state key` takes and says of itself; actions/state.ts does it. */
export class StateKey extends BaseCommand<typeof StateKey> {
  static override summary = "Print a new key for the fingerprints of a shared state, or tell of those it has.";
  static override description = `Every host needs the same (\`state.key\`); it is never in the database. To replace it put a new one below the old, a line each, on every host; then the new one above the old: the state is written with it from then on, rotation by rotation. When --show tells that nothing is written with the old one any more, --drop it, as the owner of the tables, and take it out of the files. A host that lacks a key that the state is written with is refused. --here prints the key of what this machine has rotated alone: every host needs it before that is moved.

Exit codes: 0 done; 2 usage or spec error; 6 an old key is still needed, or the database cannot be used.`;
  static override examples = [
    { description: "once, then to every host", command: "<%= config.bin %> state key > rotate.key" },
    { description: "is the old one still needed?", command: "<%= config.bin %> state key --show" },
    { description: "before a move", command: "<%= config.bin %> state key --here >> rotate.key" },
  ];
  static override flags = {
    show: Flags.boolean({ description: "tell which keys the state was written with", exclusive: ["drop"] }),
    here: Flags.boolean({
      description: "print the key that the state of this machine was written with",
      exclusive: ["show", "drop"],
    }),
    drop: Flags.boolean({ description: "forget those that nothing is written with any more" }),
  };

  override async run(): Promise<unknown> {
    const { stateKey } = await import("../../actions/index.ts");
    return stateKey(await this.input());
  }
}
