import { globSync, readFileSync } from "node:fs";
import { kindWord, programKinds } from "@rotate/core";
import { root } from "../support/workspace.ts";

const contracts = new RegExp(`\\b(?:${programKinds.map(kindWord).join("|")})Contract\\b`);

/** The test files of plugins that have contract suites, below the root. */
export function suites(): readonly string[] {
  return globSync("plugins/*/test/**/*.test.ts", { cwd: root }).filter((file) =>
    contracts.test(readFileSync(`${root}/${file}`, "utf8")),
  );
}

/** The plugins that have some. */
export function plugins(): readonly string[] {
  return [...new Set(suites().map((file) => file.split("/")[1]!))].toSorted();
}
