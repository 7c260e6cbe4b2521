/** A format of lines `key = value`, as an author of a plugin would write it. */

/** The text with these entries in it, everything else as it was. */
export function writeSettings(
  before: string | undefined,
  entries: readonly (readonly [string, string])[],
  separator: string,
): string {
  const lines = (before ?? "").split("\n");
  for (const [key, value] of entries) {
    const at = lines.findIndex((line) => keyOf(line) === key);
    const line = `${key}${separator}${value}`;
    if (at >= 0) lines[at] = line;
    else lines.splice(lines.at(-1) === "" ? lines.length - 1 : lines.length, 0, line);
  }
  const text = lines.join("\n");
  return text.endsWith("\n") ? text : `${text}\n`;
}

/** Those of the keys that are there. */
export function readSettings(text: string, keys: readonly string[]): Readonly<Record<string, string>> {
  const entries = text.split("\n").map((line) => [keyOf(line), line.slice(line.indexOf("=") + 1).trim()] as const);
  return Object.fromEntries(entries.filter(([key]) => keys.includes(key)));
}

function keyOf(line: string): string {
  return line.startsWith("#") ? "" : (line.split("=")[0] ?? "").trim();
}
