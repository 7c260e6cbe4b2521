/** docs/reference/hostile-plugins.md, made from what the tests try. `npm run docs` writes it; a test compares. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { hostilePackages } from "../../packages/core/test/plugins/hostile-packages.ts";
import { type Hostile, hostilePrograms } from "../../packages/core/test/plugins/hostile-programs.ts";
import { notStopped } from "../../packages/core/test/plugins/not-stopped.ts";
import { cell, code, table } from "./tables.ts";
import { root } from "./workspace.ts";

/** The page with all that was tried. */
export const hostilePage = join(root, "docs/reference/hostile-plugins.md");

const head = `# What hostile plugins come to

Made from what the tests try by \`npm run docs\`: programs and npm packages that misbehave when they are asked to mint. In each case the call ends within its time limit, rotate goes on, and the secret that the plugin was given is looked for in the log, the
error, the hint and the handle. What that means stands in the [threat model](../threat-model.md).
`;

function rowOf([does, , becomes, more]: Hostile): readonly string[] {
  const since = more?.node === undefined ? "" : ` (stopped on Node ${more.node} and later)`;
  const comes =
    becomes === "minted" ? "nothing: the mint goes on" : becomes.code === undefined ? "an error" : code(becomes.code);
  return [cell(does) + since, comes];
}

/** The page as text. */
export function renderHostileDocs(): string {
  return [
    head,
    `## A program that\n\n${table(["a program that", "the call becomes"], hostilePrograms.map(rowOf))}`,
    `## A package that\n\n${table(["a package that", "the call becomes"], hostilePackages.map(rowOf))}`,
    `## What is not stopped\n\n${table(
      ["act", "told in"],
      notStopped.map(([does, where]) => [cell(does), `[threat model](../threat-model.md#${where})`]),
    )}`,
  ].join("\n");
}

if (import.meta.main) writeFileSync(hostilePage, renderHostileDocs());
