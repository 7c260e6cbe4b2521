/** Words that the generated pages share. */

/** A value as code. */
export function code(value: unknown): string {
  return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}

/** A text in a cell of a table; templates stand as code. */
export function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("{{", "`{{").replaceAll("}}", "}}`");
}

/** A whole number within bounds. */
export function rangeOf({ minimum, maximum }: { readonly minimum?: number; readonly maximum?: number }): string {
  const from = minimum === undefined ? "" : ` from ${minimum}`;
  return `a whole number${from}${maximum === undefined ? "" : ` to ${maximum}`}`;
}

/** A table; no rows make no table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const lines = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  return `${lines.join("\n")}\n`.replace(/\| --- .*\|\n/, `|${"---|".repeat(head.length)}\n`);
}
