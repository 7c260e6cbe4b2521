import { BaseCommand } from "../../base-command.ts";

/** What `rotate state key` takes and says of itself; actions/state.ts does it. */
export class StateKey extends BaseCommand<typeof StateKey> {
  static override summary = "Print a new key for the fingerprints of a shared state.";
  static override description = `Every host needs the same one (\`state.key\`); it is never in the database. A state goes on with the key that it was begun with: with another one the command refuses to work.

Exit codes: 0 printed.`;
  static override examples = [
    { description: "once, then to every host", command: "<%= config.bin %> state key > rotate.key" },
  ];

  override async run(): Promise<unknown> {
    const { stateKey } = await import("../../actions/index.ts");
    return stateKey(await this.input());
  }
}
