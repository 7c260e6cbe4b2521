import { homeDirectory } from "@rotate/core";

/** What oclif is told when no shell is known. It is taken back before a command begins, or our children would get it. */
const unknownShell = "unknown";

/**
 * oclif asks for the home (as soon as it is loaded) and the shell of the user, and ends when a user without a passwd entry has none: `docker run -u 1234`.
 */
export function answerForPasswd(env: NodeJS.ProcessEnv): void {
  env["HOME"] = homeDirectory(env);
  env["SHELL"] ??= unknownShell;
}

/** The environment as it was, but for a home that it lacked. */
export function takeShellBack(env: NodeJS.ProcessEnv): void {
  if (env["SHELL"] === unknownShell) delete env["SHELL"];
}
