import type { ErrorReport } from "@rotate/core";
import { errorCodes } from "@rotate/plugin-kit";
import type { Paint } from "./terminal.ts";

type Explained = Pick<ErrorReport, "code" | "message" | "hint" | "docs">;

/** Where a code is explained: a plugin's by what it was, whatever the phase; rotate's own by itself. */
export function docsOf(code: string): string {
  const own = /^ROTATE_(SPEC|STATE)_/.test(code);
  const kind = own ? undefined : errorCodes.find((known) => code.endsWith(`_${known}`));
  return `docs/errors.md#${(kind ?? code).toLowerCase()}`;
}

/** A failure under its headline: why, what to do, where it is explained. */
export function renderError(error: Explained, paint: Paint): readonly string[] {
  return [`  ${paint("red", "why")}  ${error.message}`, ...renderAdvice(error, paint)];
}

/** The same for a failure whose message is the headline. */
export function renderAdvice({ code, hint, docs }: Explained, paint: Paint): readonly string[] {
  const todo = hint === undefined ? [] : [`  ${paint("cyan", "do")}   ${hint}`];
  return [...todo, `  ${paint("dim", `see  ${docs ?? docsOf(code)} (${code})`)}`];
}
