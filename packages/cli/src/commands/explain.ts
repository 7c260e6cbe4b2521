import { Args } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";

/** What `rotate explain` takes and says of itself; actions/explain.ts does it. */
export class Explain extends BaseCommand<typeof Explain> {
  static override summary = "Explain the code of an error: what it means for the consumer, and what to do.";
  static override description = "The text is the one of docs/errors.md, which is in the package.";
  static override examples = [
    { description: "a code as an error shows it", command: "<%= config.bin %> explain ROTATE_MINT_DENIED" },
  ];
  static override args = { code: Args.string({ required: true, description: "the code, in capitals or not" }) };

  override async run(): Promise<unknown> {
    const { explain } = await import("../actions/index.ts");
    return explain(await this.input(), this.config.root);
  }
}
