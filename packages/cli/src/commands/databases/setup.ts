import { BaseCommand } from "../../base-command.ts";
import { namesArgument } from "../../flags.ts";

/** What `rotate databases setup` takes and says of itself; actions/databases-setup.ts does it. */
export class DatabasesSetup extends BaseCommand<typeof DatabasesSetup> {
  static override summary =
    "Print what an administrator runs once in each database, so that rotate may make users there, and no more.";
  static override description = `Asks no database and resolves no reference. For each provider of the spec that makes users of a database: where it is run and as whom, what has to be there before, and the statements, with the names, groups and number of rotations of the spec. There is no password in it. When the spec changes, print it again: what is there already is left as it is.

Exit codes: 0 printed, also when the spec makes no users of databases; 2 usage or spec error.`;
  static override examples = [
    { description: "all of them", command: "<%= config.bin %> databases setup > setup.sql" },
    { description: "what one rotation needs", command: "<%= config.bin %> databases setup app-db | psql -d app" },
  ];
  static override args = { names: namesArgument };

  override async run(): Promise<unknown> {
    const { databasesSetup } = await import("../../actions/index.ts");
    return databasesSetup(await this.input());
  }
}
