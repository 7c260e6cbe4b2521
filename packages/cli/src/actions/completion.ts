import { resolve } from "node:path";
import { builtins } from "@rotate/builtins";
import { createCatalog, explainKey } from "@rotate/core";
import type { ActionInput } from "../action.ts";
import { candidatesFor, type Candidate, type KnownCommand, type Sources } from "../completion/candidates.ts";
import { filesMark, scripts, type Shell } from "../completion/scripts.ts";
import { load } from "../spec.ts";
import { pluginNames } from "../third-party.ts";
import { codesAt } from "./explain.ts";

/** `rotate completion --json`: the script, or what may stand next. */
export type CompletionReport =
  | { readonly version: 1; readonly script: string }
  | { readonly version: 1; readonly words: readonly Candidate[]; readonly files: boolean };

/** What is completed. */
export interface CompletionOptions {
  /** The words behind the program's name; undefined: the script is asked for. */
  readonly words: readonly string[] | undefined;
  readonly commands: readonly KnownCommand[];
  /** The folder of the package. */
  readonly root: string;
}

/** `rotate completion`: the script of a shell, or candidates, one a line, with what they mean behind a tab. */
export async function completion(
  { args, flags, json, terminal }: ActionInput<object, { readonly shell?: string | undefined }>,
  { words, commands, root }: CompletionOptions,
): Promise<CompletionReport> {
  if (words === undefined) {
    const script = scripts[args.shell as Shell];
    if (!json) terminal.out(script.trimEnd());
    return { version: 1, script };
  }
  const found = await candidatesFor(words, { commands, sources: sourcesOf(flags.file, root) });
  const lines = [...found.words.map(lineOf), ...(found.files ? [filesMark] : [])];
  if (!json && lines.length > 0) terminal.out(lines.join("\n"));
  return { version: 1, ...found };
}

function lineOf({ word, meaning }: Candidate): string {
  return meaning === undefined ? word : `${word}\t${meaning.split("\n")[0]}`;
}

/** A spec that is wrong, or is not there, has no names. */
function sourcesOf(preset: string, root: string): Sources {
  const catalog = createCatalog(builtins);
  return {
    rotations: async (file = preset) => (await load(resolve(file))).spec?.rotations.map(({ name }) => name) ?? [],
    plugins: (file = preset) => pluginNames(file),
    types: (kind) => catalog.types(kind),
    async subjects(beginning) {
      if (/^[A-Z_]+$/.test(beginning)) return (await codesAt(root)).map((code) => code.toUpperCase());
      const base = beginning.slice(0, Math.max(0, beginning.lastIndexOf(".")));
      const found = await explainKey(base, catalog);
      return "keys" in found ? found.keys.map(({ name }) => (base === "" ? name : `${base}.${name}`)) : [];
    },
  };
}
