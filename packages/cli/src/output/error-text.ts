import type { ErrorReport } from "@rotate/core";
import { errorCodes } from "@rotate/plugin-kit";
import type { Paint } from "./terminal.ts";

type Explained = Pick<ErrorReport, "code" | "message" | "hint">;

/** Where a code is explained, in the folder of the package. */
export function docsOf(code: string): string {
  return `docs/errors.md#${anchorOf(code)}`;
}

/** Its heading there: a plugin's by what it was, whatever the phase; rotate's own by itself. */
export function anchorOf(code: string): string {
  const own = /^ROTATE_(SPEC|STATE|RISK)_/.test(code);
  const kind = own ? undefined : errorCodes.find((known) => code === known || code.endsWith(`_${known}`));
  return (kind ?? code).toLowerCase();
}

/** A failure under its headline: why, what to do, how to read more. */
export function renderError(error: Explained, paint: Paint): readonly string[] {
  return [`  ${paint("red", "why")}  ${error.message}`, ...renderAdvice(error, paint)];
}

/** The same for a failure whose message is the headline. */
export function renderAdvice({ code, hint }: Explained, paint: Paint): readonly string[] {
  const todo = hint === undefined ? [] : [`  ${paint("cyan", "do")}   ${hint}`];
  return [...todo, `  ${paint("dim", `see  rotate explain ${code}`)}`];
}
