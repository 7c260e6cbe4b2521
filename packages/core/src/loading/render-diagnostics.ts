import { styleText } from "node:util";
import type { Diagnostic } from "./model.ts";

type Style = "bold" | "dim" | "red" | "yellow" | "cyan";

/** Diagnostics as text for people: place and message, code frame, hint; an empty line between two. `color` is for a terminal. */
export function renderDiagnostics(
  diagnostics: readonly Diagnostic[],
  { color = false }: { readonly color?: boolean } = {},
): string {
  const paint = (style: Style, text: string): string =>
    color ? styleText(style, text, { validateStream: false }) : text;
  return diagnostics.map((one) => renderOne(harmless(one), paint)).join("\n\n");
}

/** A spec is somebody's file: what a terminal would obey (C0, DEL, C1) is shown as a mark instead. */
function harmless(diagnostic: Diagnostic): Diagnostic {
  const { message, frame } = diagnostic;
  return { ...diagnostic, message: marked(message), ...(frame !== undefined && { frame: marked(frame) }) };
}

function marked(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (char) => (char === "\n" || char === "\t" ? char : "\ufffd"));
}

function renderOne(
  { severity, file, line, column, message, frame, hint }: Diagnostic,
  paint: (style: Style, text: string) => string,
): string {
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  const head = `${paint("bold", place)} ${paint(severity === "error" ? "red" : "yellow", `${severity}:`)} ${message}`;
  const shown = frame === undefined ? [] : frame.split("\n").map((row) => renderRow(row, paint));
  return [head, ...shown, ...(hint === undefined ? [] : [`  ${paint("cyan", hint)}`])].join("\n");
}

function renderRow(row: string, paint: (style: Style, text: string) => string): string {
  const bar = row.indexOf("|") + 1;
  const rest = row.slice(bar);
  return paint("dim", row.slice(0, bar)) + (/^\s*\^+$/.test(rest) ? paint("red", rest) : rest);
}
