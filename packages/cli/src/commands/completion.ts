import { Args } from "@oclif/core";
import { BaseCommand } from "../base-command.ts";
import { shells } from "../completion/scripts.ts";

/** What `rotate completion` takes and says of itself; actions/completion.ts does it. */
export class Completion extends BaseCommand<typeof Completion> {
  static override summary =
    "Print what a shell needs to complete commands, flags, names of rotations and types of plugins.";
  static override description = `Names come from the spec that -f, ROTATE_FILE or rotate.yaml name. With words behind -- it prints what may stand for the last of them, as the scripts ask it to.`;
  static override examples = [
    { description: "in ~/.bashrc", command: 'eval "$(<%= config.bin %> completion bash)"' },
    { description: "in ~/.zshrc, below compinit", command: 'eval "$(<%= config.bin %> completion zsh)"' },
    { description: "in ~/.config/fish/config.fish", command: "<%= config.bin %> completion fish | source" },
  ];
  static override args = { shell: Args.string({ required: true, options: [...shells], description: "the shell" }) };

  override async run(): Promise<unknown> {
    const { completion } = await import("../actions/index.ts");
    const [own, words] = partsOf(this.argv);
    this.argv = own;
    return completion(await this.input(), { words, commands: this.config.commands, root: this.config.root });
  }
}

/** What is before `--`, and what is behind it. */
function partsOf(argv: readonly string[]): [own: string[], words: string[] | undefined] {
  const at = argv.indexOf("--");
  return at < 0 ? [[...argv], undefined] : [argv.slice(0, at), argv.slice(at + 1)];
}
