import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { builtins } from "@rotate/builtins";
import type { ActionInput } from "../action.ts";
import { UsageError } from "../failure.ts";
import { kindsIn, type Language, type NewKind, templateOf } from "../plugin-new/templates.ts";
import { type NewPlugin, writePlugin } from "../plugin-new/write.ts";

/** What is made, and where. */
export interface PluginNewFlags {
  readonly kind: NewKind;
  readonly lang: Language;
  readonly folder?: string | undefined;
}

/** `rotate plugin new --json`. */
export interface PluginNewReport extends NewPlugin {
  readonly version: 1;
  /** Absolute. */
  readonly folder: string;
}

/** `rotate plugin new`: a plugin that keeps every promise, to be changed. @param root the folder of the package */
export async function newPlugin(
  { flags, args, json, terminal }: ActionInput<PluginNewFlags, { readonly name: string }>,
  root: string,
): Promise<PluginNewReport> {
  const { kind, lang } = flags;
  const name = args.name;
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
    throw new UsageError("a plugin's name is a word for specs", "lower-case letters, digits and dashes, such as acme");
  if (!kindsIn(lang).includes(kind))
    throw new UsageError(
      `there is no ${kind} in ${lang} to start from`,
      `in ${lang} there are: ${kindsIn(lang).join(", ")}; in ts and python all`,
    );
  if (builtins.some(({ types }) => types[`${kind}s`]?.includes(name)))
    throw new UsageError(`a built-in ${kind} has the name ${name}`, "take another one");
  const folder = resolve(flags.folder ?? `rotate-plugin-${name}`);
  const made = await writePlugin(folder, { name, template: templateOf(kind, lang), examples: examplesIn(root) });
  const shown = relative(process.cwd(), folder) || ".";
  const lines = [`made ${shown}/: ${made.files.join(" ")}`, `next  cd ${shown} && ${made.next.join(" && ")}`];
  if (!json) terminal.out(lines.join("\n"));
  return { version: 1, folder, ...made };
}

function examplesIn(root: string): string {
  const isCheckout = existsSync(join(root, "src")); // sources are never published
  return join(root, isCheckout ? "../../docs" : "docs", "examples/plugins");
}
