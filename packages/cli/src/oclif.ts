import { readFileSync } from "node:fs";
import { join } from "node:path";
import { run, settings } from "@oclif/core";
import type { PJSON } from "@oclif/core/interfaces";

/** Where the command line runs from. */
export interface Installation {
  /** The folder of the package: a bundled module does not know where it stands. */
  readonly root: string;
  /** Run the TypeScript sources of a checkout instead of the build. */
  readonly sources: boolean;
}

/** Finds the command by oclif and runs it. */
export async function runOclif(argv: readonly string[], { root, sources }: Installation): Promise<void> {
  settings.enableAutoTranspile = false; // Node strips the types itself
  leaveOutputToEntry();
  const pjson = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as PJSON;
  const ours = { root, pjson: sources ? withSourcePaths(pjson) : pjson, ignoreManifest: sources };
  await run([...argv], { ...ours, userPlugins: false, devPlugins: false }); // nothing below the home is looked at
}

/** A full disk behind standard output: the entry, which listens first, has said so; oclif's listener would throw. */
function leaveOutputToEntry(): void {
  const [, ...others] = process.stdout.listeners("error") as ((error: Error) => void)[];
  for (const listener of others) process.stdout.off("error", listener);
}

/** The same package.json, with every `./dist/x.js` under `oclif` read from `./src/x.ts`. */
function withSourcePaths(pjson: PJSON): PJSON {
  const oclif = JSON.stringify(pjson.oclif).replaceAll(/"\.\/dist\/([^"]*?)(\.js)?"/g, (_, path: string, js?: string) =>
    JSON.stringify(`./src/${path}${js === undefined ? "" : ".ts"}`),
  );
  return { ...pjson, oclif: JSON.parse(oclif) as PJSON["oclif"] };
}
