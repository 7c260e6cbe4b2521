import { reportFailure } from "./failure.ts";
import type { Installation } from "./oclif.ts";
import { createTerminal } from "./output/terminal.ts";
import { parseQuickly, readManifest, runQuickly } from "./quick.ts";
import { widenPool } from "./wide-pool.ts";

/** Where the command line was installed, and what it may keep between starts. */
export interface MainOptions extends Installation {
  /** A directory that only this user can write to, for what is compiled once and used at each start. Undefined: there is none. */
  readonly cache?: string | undefined;
  /** This start did what the next ones are spared. */
  readonly onCold?: () => void;
  /** Has `begin` called when what does the work is loaded. Absent: it may begin at any time. */
  readonly beforeWork?: ((begin: () => void) => void) | undefined;
}

/** The command line: finds the command, runs it, and leaves its verdict in `process.exitCode`. */
export async function main(
  argv: readonly string[],
  { root, sources, cache, onCold, beforeWork }: MainOptions,
): Promise<void> {
  hideSqliteWarning();
  const widen = (): void => widenPool(argv, process.env);
  const quick = sources ? undefined : parseQuickly(argv, readManifest(root), process.env);
  if (quick === undefined || beforeWork === undefined) widen();
  else beforeWork(widen);
  if (quick !== undefined) return runQuickly(quick, { directory: cache, onCompile: onCold, onMany: widen });
  try {
    const { answerForPasswd } = await import("./passwd.ts");
    answerForPasswd(process.env);
    const { runOclif } = await import("./oclif.ts");
    await runOclif(argv, { root, sources });
  } catch (error) {
    process.exitCode = reportFailure(error, { json: argv.includes("--json"), terminal: createTerminal() });
  }
}

/** Node 22 announces node:sqlite as experimental at each start; every other warning is still shown. */
function hideSqliteWarning(): void {
  const printers = process.listeners("warning");
  process.removeAllListeners("warning");
  process.on("warning", (warning) => {
    if (warning.name === "ExperimentalWarning" && warning.message.includes("SQLite")) return;
    for (const print of printers) print(warning);
  });
}
