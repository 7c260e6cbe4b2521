/** An object of text values by name; other values are left out. Throws a SyntaxError when `text` is no JSON. */
export function textFields(text: string): Readonly<Record<string, string>> {
  const fields = Object.entries(jsonObject(text)).map(([name, value]) => [
    name,
    typeof value === "number" ? String(value) : value,
  ]);
  return Object.fromEntries(fields.filter((field): field is [string, string] => typeof field[1] === "string"));
}

/** A JSON object; anything else is an empty one. Throws a SyntaxError when `text` is no JSON. */
export function jsonObject(text: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(text);
  return typeof value === "object" && value !== null ? { ...value } : {};
}
