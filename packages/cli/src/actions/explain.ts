import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { didYouMean } from "@rotate/core";
import type { ActionInput } from "../action.ts";
import { UsageError } from "../failure.ts";
import { anchorOf } from "../output/error-text.ts";

/** `rotate explain --json`. */
export interface Explanation {
  readonly version: 1;
  readonly code: string;
  /** Markdown. */
  readonly text: string;
}

/** `rotate explain`: what docs/errors.md says of a code. @param root the folder of the package. Throws UsageError for a code that there is not. */
export async function explain(
  { args, json, terminal }: ActionInput<object, { readonly code: string }>,
  root: string,
): Promise<Explanation> {
  const code = args.code.toUpperCase();
  const sections = sectionsOf(await readFile(errorsPage(root), "utf8"));
  const text = sections.get(anchorOf(code));
  if (text === undefined) throw unknown(args.code, [...sections.keys()]);
  if (!json) terminal.out(text);
  return { version: 1, code, text };
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

function unknown(code: string, anchors: readonly string[]): UsageError {
  const hint = didYouMean(code.toLowerCase(), anchors) ?? `known: ${anchors.join(", ")}`;
  return new UsageError(`there is no error ${code}`, hint);
}
