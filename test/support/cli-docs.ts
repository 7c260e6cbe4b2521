/** docs/cli.md, made from what the commands say themselves. `npm run docs` writes it; a test compares. */
import { execFileSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./workspace.ts";

const sources = join(root, "packages/cli/bin/rotate.js");

function helpOf(entry: string, ...argv: readonly string[]): string {
  const env = { PATH: process.env["PATH"], HOME: "/nonexistent", NO_COLOR: "1" };
  const text = execFileSync(process.execPath, [entry, ...argv, "--help"], { env, encoding: "utf8" });
  return text.replaceAll(/[ \t]+$/gm, "").trim();
}

/** The page. @param entry the program that is asked */
export function renderCliDocs(entry: string): string {
  const files = readdirSync(join(root, "packages/cli/src/commands"), { recursive: true, encoding: "utf8" });
  const commands = files
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.slice(0, -".ts".length).replaceAll("/", " "));
  const sections = commands
    .toSorted()
    .map((command) => `## rotate ${command}\n\n\`\`\`text\n${helpOf(entry, ...command.split(" "))}\n\`\`\`\n`);
  const head = `# Commands\n\nMade from the commands' own help by \`npm run docs\`.\n`;
  return [head, ...sections].join("\n");
}

if (import.meta.main) writeFileSync(join(root, "docs/cli.md"), renderCliDocs(sources));
