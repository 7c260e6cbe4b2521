import { dirname, join } from "node:path";
import { commandLine } from "../command-line.ts";
import { isRotateError } from "../errors.ts";
import type { FileTools } from "./options.ts";
import { exists, type Place } from "./target.ts";

/**
 * Warns when the next commit would take the secret along: the target is tracked by git, or it is ignored by a rule so narrow that a temporary
 * file beside it, left by a crash, would not be. Says nothing outside a work tree or without git.
 * @param leftOver the name that a temporary file could have; it ends in hexadecimal digits
 */
export async function warnOfGit(place: Place, leftOver: string, tools: FileTools): Promise<void> {
  if (!isBelowGit(place.parent)) return;
  const leftOvers = leftOver.replace(/[0-9a-f]+$/, "*");
  const git = (...words: string[]) => exitCodeOf(place.parent, words, tools);
  if ((await git("ls-files", "--error-unmatch", "--", place.name)) === 0) {
    tools.log.warn("the file is tracked by git: the next commit would publish the secret", {
      code: "ROTATE_RISK_TRACKED",
      path: place.path,
      remedy: `take it out by \`${commandLine("git", "-C", place.parent, "rm", "-q", "--cached", "--", place.name)}\`, keep it out by \`${ignoring(place.parent, `/${place.name}`, leftOvers)}\`, and rotate whatever was committed`,
    });
    return;
  }
  const ignored = await git("check-ignore", "-q", "--", place.name);
  if (ignored !== 0 || (await git("check-ignore", "-q", "--", leftOver)) !== 1) return;
  tools.log.warn("git ignores the file but would not ignore a temporary file that a crash left beside it", {
    code: "ROTATE_RISK_LEFT_OVERS_TRACKED",
    path: place.path,
    remedy: `\`${ignoring(place.parent, leftOvers)}\``,
  });
}

/** The command that adds patterns to the directory's own list. */
function ignoring(directory: string, ...patterns: readonly string[]): string {
  return `printf '%s\\n' ${commandLine(...patterns)} >> ${commandLine(join(directory, ".gitignore"))}`;
}

function isBelowGit(directory: string): boolean {
  if (exists(`${directory}/.git`)) return true;
  const above = dirname(directory);
  return above !== directory && isBelowGit(above);
}

/** Without the repository's own hooks and monitors: a check must not run what a work tree says. Undefined when there is no git. */
async function exitCodeOf(directory: string, words: readonly string[], tools: FileTools): Promise<number | undefined> {
  try {
    const { exitCode } = await tools.exec(["git", "-C", directory, "-c", "core.fsmonitor=false", ...words], {
      excess: "drop",
    });
    return exitCode;
  } catch (error) {
    if (!isRotateError(error)) throw error;
    tools.log.debug("cannot ask git whether it tracks the file", { directory, reason: error.message });
    return undefined;
  }
}
