import { Flags } from "@oclif/core";
import { BaseCommand } from "../../base-command.ts";
import { namesArgument } from "../../flags.ts";

/** What `rotate state move` takes and says of itself; actions/state.ts does it. */
export class StateMove extends BaseCommand<typeof StateMove> {
  static override summary = "Move what this machine rotates alone to the state that the spec shares, or back.";
  static override description = `Leases, owed work, history and what was told go along; nothing is minted, written or reloaded. Rotation by rotation: at no moment two states have one, and after a crash the same again brings it to its end. What is pinned to this machine stays. Before it: \`state\` in the spec, \`rotate state init\`, and the key of this machine (\`rotate state key --here\`) in \`state.key\` of every host. A \`rotate watch\` that still works by the spec without \`state\` leaves alone what was moved, and says so.

--back: from the shared state to this machine. Then take \`state\` out of the spec here, and stop what works by it elsewhere.

Exit codes: 0 all that may move is there; 1 a rotation has a state of its own there already, or an attempt at it was cut off; 2 usage or spec error; 5 another process is at work on one; 6 a state cannot be used, or \`state.key\` lacks a key.`;
  static override examples = [
    { description: "all that may move", command: "<%= config.bin %> state move" },
    { description: "some of them first", command: "<%= config.bin %> state move 'tenant-*'" },
    { description: "to one machine again", command: "<%= config.bin %> state move --back" },
  ];
  static override args = { names: namesArgument };
  static override flags = { back: Flags.boolean({ description: "from the shared state to this machine" }) };

  override async run(): Promise<unknown> {
    const { moveState } = await import("../../actions/index.ts");
    return moveState(await this.input());
  }
}
