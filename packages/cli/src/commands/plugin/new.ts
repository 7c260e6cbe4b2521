import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../../base-command.ts";
import { languages, newKinds } from "../../plugin-new/templates.ts";

/** What `rotate plugin new` takes and says of itself; actions/plugin-new.ts does it. */
export class PluginNew extends BaseCommand<typeof PluginNew> {
  static override summary = "Make a plugin that keeps every promise, to be changed into yours.";
  static override description = `Writes a folder with a plugin for a service that does not exist, a harness that plays that service for \`rotate plugin test\`, a README with the headings of the documentation, and a workflow for CI. Its tests pass as it is. Nothing is ever written over.

Providers and sinks in ts, python, bash and go; reloads, probes and notifiers in ts and python.

Exit codes: 0 made; 2 nothing was written.`;
  static override examples = [
    { description: "a provider in TypeScript", command: "<%= config.bin %> plugin new acme" },
    { description: "a sink in Python", command: "<%= config.bin %> plugin new shelf --kind sink --lang python" },
  ];
  static override args = {
    name: Args.string({ required: true, description: "the word in specs: lower-case letters, digits and dashes" }),
  };
  static override flags = {
    kind: Flags.option({ options: newKinds, default: "provider" as const, description: "what it contributes" })(),
    lang: Flags.option({ options: languages, default: "ts" as const, description: "what it is written in" })(),
    folder: Flags.string({ helpValue: "PATH", description: "default: rotate-plugin-NAME" }),
  };

  override async run(): Promise<unknown> {
    const { newPlugin } = await import("../../actions/index.ts");
    return newPlugin(await this.input(), this.config.root);
  }
}
