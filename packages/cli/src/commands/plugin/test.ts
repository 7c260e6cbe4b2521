import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../../base-command.ts";

/** What `rotate plugin test` takes and says of itself; actions/plugin-test.ts does it. */
export class PluginTest extends BaseCommand<typeof PluginTest> {
  static override summary = "Hold a plugin against every promise that a plugin makes.";
  static override description = `Runs the contract suites of @rotate/testkit over the wire: each promise is a sentence, tried on a fresh outside that the program's harness plays (an executable NAME.harness beside it: docs/authors/testing.md), once as it is and once with a new process for each call; then what a program promises on the wire. A broken promise is shown with its reason and the page where it is written. Nothing is approved, and no spec is needed.

Exit codes: 0 every promise was kept; 1 one was broken; 2 it could not be tried.`;
  static override examples = [
    { description: "the programs of this folder that have a harness", command: "<%= config.bin %> plugin test" },
    { description: "a week as well", command: "<%= config.bin %> plugin test ./acme.py --week" },
    { description: "in CI", command: "<%= config.bin %> plugin test ./acme.py --junit report.xml" },
  ];
  static override args = { path: Args.string({ description: "a program, or a folder of them; default: this folder" }) };
  static override flags = {
    week: Flags.boolean({
      description: "also play a week of each provider in virtual time, with outages, by the real engine",
    }),
    junit: Flags.string({ helpValue: "FILE", description: "write the report as JUnit XML" }),
    badge: Flags.string({ helpValue: "FILE", description: "write what a badge shows, as shields.io reads it" }),
  };

  override async run(): Promise<unknown> {
    const { testPlugin } = await import("../../actions/index.ts");
    return testPlugin(await this.input());
  }
}
