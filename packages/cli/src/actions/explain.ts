import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { builtins } from "@rotate/builtins";
import { createCatalog, didYouMean, type ExplainedKey, explainKey } from "@rotate/core";
import type { ActionInput } from "../action.ts";
import { UsageError } from "../failure.ts";
import { anchorOf } from "../output/error-text.ts";
import { renderKey } from "../output/key-text.ts";
import { lookOf } from "../output/look.ts";

/** `rotate explain --json`. */
export type Explanation =
  | {
      readonly version: 1;
      readonly code: string;
      /** Markdown. */
      readonly text: string;
    }
  | ({ readonly version: 1 } & ExplainedKey);

/** `rotate explain`: what docs/errors.md says of a code, or what a key of the spec may hold. @param root the folder of the package. Throws UsageError for what there is not. */
export async function explain(
  { args, json, terminal }: ActionInput<object, { readonly subject?: string | undefined }>,
  root: string,
): Promise<Explanation> {
  const { subject = "" } = args;
  if (isCode(subject)) {
    const found = await explainCode(subject, root);
    if (!json) terminal.out(found.text);
    return found;
  }
  const found = await explainKey(subject, createCatalog(builtins));
  if (!("keys" in found)) throw unknownKey(found, await codesAt(root));
  if (!json) terminal.out(renderKey(found, lookOf(terminal, Date.now())));
  return { version: 1, ...found };
}

/** Codes are written in capitals, or begin so; no key of a spec does. */
function isCode(subject: string): boolean {
  return /^rotate_/i.test(subject) || /^[A-Z_]+$/.test(subject);
}

async function explainCode(subject: string, root: string): Promise<Explanation & { readonly text: string }> {
  const code = subject.toUpperCase();
  const sections = await sectionsAt(root);
  const text = sections.get(anchorOf(code));
  if (text !== undefined) return { version: 1, code, text };
  const anchors = [...sections.keys()];
  const hint = didYouMean(code.toLowerCase(), anchors) ?? `known: ${anchors.join(", ")}`;
  throw new UsageError(`there is no error ${subject}`, hint);
}

/** The anchors of all codes. @param root the folder of the package */
export async function codesAt(root: string): Promise<readonly string[]> {
  return [...(await sectionsAt(root)).keys()];
}

async function sectionsAt(root: string): Promise<ReadonlyMap<string, string>> {
  return sectionsOf(await readFile(errorsPage(root), "utf8"));
}

/** In a checkout (sources are never published) the page has a place of its own. */
function errorsPage(root: string): string {
  return join(root, existsSync(join(root, "src")) ? "../../docs" : "docs", "errors.md");
}

/** The text below each heading of the third level, by heading. */
function sectionsOf(page: string): ReadonlyMap<string, string> {
  const sections = page.split(/^#{1,2} .*$/m).flatMap((chapter) => chapter.split(/^### /m).slice(1));
  return new Map(
    sections.map((section) => {
      const end = section.indexOf("\n");
      return [section.slice(0, end), section.slice(end).trim()];
    }),
  );
}

interface Unknown {
  readonly step: string;
  readonly below: string;
  readonly hint: string | undefined;
}

function unknownKey({ step, below, hint }: Unknown, codes: readonly string[]): UsageError {
  const where = below === "" ? "a spec" : below;
  const code = below === "" ? didYouMean(step.toLowerCase(), codes) : undefined;
  return new UsageError(
    `there is no key ${step} in ${where}`,
    hint ?? code ?? "rotate explain shows the keys at the top",
  );
}
