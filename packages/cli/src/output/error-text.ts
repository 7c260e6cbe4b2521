import type { ErrorReport } from "@rotate/core";
import type { Paint } from "./terminal.ts";

type Explained = Pick<ErrorReport, "code" | "message" | "hint" | "docs">;

/** Where a code is explained, for errors that do not say so themselves. */
export function docsOf(code: string): string {
  return `docs/errors.md#${code.toLowerCase()}`;
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
