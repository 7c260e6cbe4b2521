/** The text of a value that stands in a spec; of a list or an object none, whatever it says of its own text (`toString` is a key like any other). */
export function scalarText(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "number" || typeof value === "boolean" ? `${value}` : "";
}
