import { BaseCommand } from "../base-command.ts";

/** What `rotate validate` takes and says of itself; actions/validate.ts does it. */
export class Validate extends BaseCommand<typeof Validate> {
  static override summary = "Check the spec and its plugins, offline.";
  static override description = `Reports every fault at once, each with its place, what was expected and what was probably meant. No reference is resolved, no file is looked at, nothing is asked over the network.

Exit codes: 0 valid; 2 not.`;
  static override examples = [
    { description: "before a commit", command: "<%= config.bin %> validate -f rotate.yaml" },
    { description: "what a script generated", command: "./generate.sh | <%= config.bin %> validate -f -" },
  ];

  override async run(): Promise<unknown> {
    const { validate } = await import("../actions/index.ts");
    return validate(await this.input());
  }
}
