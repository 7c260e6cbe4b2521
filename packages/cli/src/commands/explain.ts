import { Args } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";

/** What `rotate explain` takes and says of itself; actions/explain.ts does it. */
export class Explain extends BaseCommand<typeof Explain> {
  static override summary = "Explain a key of the spec, or the code of an error.";
  static override description =
    "Of a key: what it means, what it may hold and what stands below it, by the schema that specs are held to. Steps are joined by dots; names of rotations may be left out, types of parts are steps. Of a code: what it means for the consumer, and what to do, from docs/errors.md. Alone: the keys at the top.";
  static override examples = [
    { description: "a setting of a rotation", command: "<%= config.bin %> explain rotations.refresh" },
    { description: "a way to log in", command: "<%= config.bin %> explain providers.vault.auth.approle" },
    { description: "a code as an error shows it", command: "<%= config.bin %> explain ROTATE_MINT_DENIED" },
  ];
  static override args = { subject: Args.string({ description: "a key, or a code" }) };

  override async run(): Promise<unknown> {
    const { explain } = await import("../actions/index.ts");
    return explain(await this.input(), this.config.root);
  }
}
