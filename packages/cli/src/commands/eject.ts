import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";

/** What `rotate eject` takes and says of itself; actions/eject.ts does it. */
export class Eject extends BaseCommand<typeof Eject> {
  static override summary =
    "Stop rotating: write values of your own in the credential's place, or keep what stands there.";
  static override description = `Tries the given values with the rotation's \`verify\` probes, as far as a key holds nothing but the field that a probe needs (what cannot be tried is told), writes them through its own sinks, reloads, asks its health, then revokes its earlier credentials. When a step fails, the values before are put back. With --keep the targets stay as they are. Either way nobody rotates it afterwards, until \`run NAME --force\`. Without both it changes nothing and tells what stays where, and until when it works.

Exit codes: 0 done; 1 a step failed and was undone; 2 usage or spec error; 5 another process is at work on it; 6 could not tell.`;
  static override examples = [
    { description: "what would stay", command: "<%= config.bin %> eject backstage-db" },
    {
      description: "back to a fixed password",
      command: "<%= config.bin %> eject backstage-db --values DB_PASSWORD={file:/run/secrets/db}",
    },
  ];
  static override args = { name: Args.string({ required: true, description: "the rotation" }) };
  static override flags = {
    values: Flags.string({
      multiple: true,
      helpValue: "KEY={file:PATH}",
      description: "a value for each key that the sinks write; {env:NAME} works too",
    }),
    keep: Flags.boolean({ description: "leave the targets as they are", exclusive: ["values"] }),
    yes: Flags.boolean({ char: "y", description: "do not ask" }),
  };

  override async run(): Promise<unknown> {
    const { eject } = await import("../actions/index.ts");
    return eject(await this.input());
  }
}
