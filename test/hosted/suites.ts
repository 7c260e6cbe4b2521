import { globSync, readFileSync } from "node:fs";
import { root } from "../support/workspace.ts";

/** The test files of plugins that have contract suites, below the root. */
export function suites(): readonly string[] {
  return globSync("plugins/*/test/**/*.test.ts", { cwd: root }).filter((file) =>
    /\b(?:provider|sink|reload|probe|notifier)Contract\b/.test(readFileSync(`${root}/${file}`, "utf8")),
  );
}

/** The plugins that have some. */
export function plugins(): readonly string[] {
  return [...new Set(suites().map((file) => file.split("/")[1]!))].toSorted();
}
