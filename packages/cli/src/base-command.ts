import { Command } from "@oclif/core";
import type { InferredArgs, InferredFlags } from "@oclif/core/interfaces";
import type { ActionInput } from "./action.ts";
import { reportFailure } from "./failure.ts";
import { specFlags } from "./flags.ts";
import { createTerminal } from "./output/terminal.ts";
import { takeShellBack } from "./passwd.ts";

type Defined = Pick<typeof Command, "flags" | "args">;
type FlagsOf<Class extends Defined> = InferredFlags<typeof specFlags & Class["flags"]>;

/** What every command shares: the spec's flags, one way to print, one way to fail. */
export abstract class BaseCommand<Class extends Defined> extends Command {
  static override enableJsonFlag = true;
  static override baseFlags = specFlags;

  readonly #terminal = createTerminal();

  /** The words of the command line, parsed. */
  protected async input(): Promise<ActionInput<FlagsOf<Class>, InferredArgs<Class["args"]>>> {
    const { flags, args } = await this.parse(this.ctor);
    return {
      flags: flags as FlagsOf<Class>,
      args: args as InferredArgs<Class["args"]>,
      json: this.jsonEnabled(),
      terminal: this.#terminal,
    };
  }

  protected override async init(): Promise<void> {
    takeShellBack(process.env);
    await super.init();
  }

  override logJson(json: unknown): void {
    this.#terminal.out(JSON.stringify(json, null, 2));
  }

  /** oclif would print its configuration and the raw argv here. */
  protected override async catch(error: Error): Promise<void> {
    process.exitCode = reportFailure(error, { json: this.jsonEnabled(), terminal: this.#terminal });
  }
}
