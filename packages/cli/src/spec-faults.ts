import { type Diagnostic, renderDiagnostics } from "@rotate/core";
import type { Terminal } from "./output/terminal.ts";

/** Faults and warnings with their code frames, coloured where people read them. */
export function describe(diagnostics: readonly Diagnostic[], { paintErr }: Terminal): string {
  return renderDiagnostics(diagnostics, { color: paintErr("red", "") !== "" });
}
