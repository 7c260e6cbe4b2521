import type { Hook } from "@oclif/core";
import { didYouMean } from "@rotate/core";
import { UsageError } from "../failure.ts";

/** `rotate statsu`: says which command was probably meant. oclif calls it before it gives up. */
export const commandNotFound: Hook<"command_not_found"> = async function commandNotFound({ id, config }) {
  const word = id.replaceAll(":", " ");
  const error = new UsageError(`there is no command "${word}"`, hintFor(word, config.commandIDs));
  throw Object.assign(error, { oclif: { exit: error.exitCode } }); // without it, oclif takes the hook for broken
};

function hintFor(word: string, commands: readonly string[]): string | undefined {
  const [first, about = ""] = word.split(" ");
  if (first !== "help") return didYouMean(word, commands);
  return commands.includes(about) ? `help is a flag: rotate ${about} --help` : "help is a flag: rotate --help";
}
