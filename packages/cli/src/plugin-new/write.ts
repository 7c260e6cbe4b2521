/** Makes a new plugin of a template. */
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UsageError } from "../failure.ts";
import type { Template } from "./templates.ts";

/** What is made of a template. */
export interface NewPlugin {
  /** Relative to the folder, in the order they were written. */
  readonly files: readonly string[];
  readonly plugin: string;
  readonly next: readonly string[];
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** Puts a plugin's name where the example's stands: as it is, as a name for people (`Acme`) and in the names of variables (`ACME_KEY`). */
export function renamed(text: string, word: string, name: string): string {
  const title = name.split("-").map(capital).join(" ");
  const variable = name.toUpperCase().replaceAll("-", "_");
  return text
    .replaceAll("rotate-plugin-new", `rotate-plugin-${name}`)
    .replaceAll(new RegExp(`\\b${word}(-(sh|go))?\\b`, "g"), name)
    .replaceAll(new RegExp(`\\b${capital(word)}\\b`, "g"), title)
    .replaceAll(new RegExp(`\\b${word.toUpperCase()}(?=_)`, "g"), variable);
}

/** Writes a folder that is not there yet. Throws UsageError when it is. @param examples the folder of the examples */
export async function writePlugin(
  folder: string,
  { name, template, examples }: { readonly name: string; readonly template: Template; readonly examples: string },
): Promise<NewPlugin> {
  if (existsSync(folder))
    throw new UsageError(`${folder} is there already`, "nothing is written over: take another name, or --folder");
  const { word, files, next } = template;
  const plugin = renamed(template.plugin, word, name);
  const written: string[] = [];
  for (const [to, from] of Object.entries(files)) {
    const path = renamed(to, word, name);
    const text = renamed(await readFile(join(examples, from), "utf8"), word, name).replaceAll(
      "[PLUGIN]",
      `[${plugin}]`,
    );
    await mkdir(dirname(join(folder, path)), { recursive: true });
    const isProgram = text.startsWith("#!");
    await writeFile(join(folder, path), to === "README.md" ? text + tryIt({ plugin, next }) : text, {
      flag: "wx",
      mode: isProgram ? 0o755 : 0o644,
    });
    written.push(path);
  }
  return { files: written, plugin, next };
}

function tryIt({ plugin, next }: Pick<NewPlugin, "plugin" | "next">): string {
  const commands = [...next, `rotate plugin add ${plugin}`].join("\n");
  return `\n## Test it, and use it\n\n\`\`\`sh\n${commands}\n\`\`\`\n`;
}
