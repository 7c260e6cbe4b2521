/** Flags and arguments that several commands share. Values stay text here: see ActionInput. */
import { Args, Flags } from "@oclif/core";
import type { OptionFlag } from "@oclif/core/interfaces";

/** Flags of every command that reads the spec. */
export const specFlags = {
  file: Flags.string({
    char: "f",
    env: "ROTATE_FILE",
    default: "rotate.yaml",
    helpValue: "PATH",
    description: "the spec, YAML or JSON; - reads standard input",
    helpGroup: "GLOBAL",
  }),
  "state-dir": Flags.string({
    env: "ROTATE_STATE_DIR",
    helpValue: "DIR",
    description: "where the state is kept, instead of where the spec says",
    helpGroup: "GLOBAL",
  }),
  "log-level": Flags.option({
    options: ["debug", "info", "warn", "error"] as const,
    default: "info" as const,
    description: "the least that is logged on standard error; error: what ends the command, nothing else",
    helpGroup: "GLOBAL",
  })(),
  "log-format": Flags.option({
    options: ["text", "json"] as const,
    default: "text" as const,
    description: "json: one object a line",
    helpGroup: "GLOBAL",
  })(),
};

type TextFlag = OptionFlag<string | undefined>;

/** A length of time as in the spec: `90s`, `1h30m`. */
export function durationFlag(description: string): TextFlag {
  return Flags.string({ helpValue: "DURATION", description });
}

/** A whole number from 1. */
export function countFlag(description: string): TextFlag {
  return Flags.string({ helpValue: "N", description });
}

/** Whose rotations are taken, with a state that machines share. */
export const labelFlag = Flags.string({
  multiple: true,
  helpValue: "LABEL",
  description:
    "with a state that machines share: take the rotations with this `runsOn`; `default` are those without (default: those)",
});

/** Rotations by name or glob; none means all. */
export const namesArgument = Args.string({
  multiple: true,
  description: "rotations, by name or glob (quote it); none: all",
});
