import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { run, settings } from "@oclif/core";
import type { LoadOptions, PJSON } from "@oclif/core/interfaces";

/** Finds the command by oclif and runs it. @param sources run the TypeScript sources of a checkout */
export async function runOclif(argv: readonly string[], { sources }: { readonly sources: boolean }): Promise<void> {
  settings.enableAutoTranspile = false; // Node strips the types itself
  await run([...argv], loadOptions(sources));
}

function loadOptions(sources: boolean): LoadOptions {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const pjson = JSON.parse(readFileSync(`${root}/package.json`, "utf8")) as PJSON;
  return { root, pjson: sources ? withSourcePaths(pjson) : pjson, ignoreManifest: sources };
}

/** The same package.json, with every `./dist/x.js` under `oclif` read from `./src/x.ts`. */
function withSourcePaths(pjson: PJSON): PJSON {
  const oclif = JSON.stringify(pjson.oclif).replaceAll(/"\.\/dist\/([^"]*?)(\.js)?"/g, (_, path: string, js?: string) =>
    JSON.stringify(`./src/${path}${js === undefined ? "" : ".ts"}`),
  );
  return { ...pjson, oclif: JSON.parse(oclif) as PJSON["oclif"] };
}
