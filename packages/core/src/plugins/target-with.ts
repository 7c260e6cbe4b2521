/** Words with options in braces. */

/** The options that they name. */
export function namesIn(words: string): readonly string[] {
  return [...words.matchAll(/\{([^{}]*)\}/g)].map(([, name = ""]) => name);
}

/** Is every option there that they name, and not empty? */
export function isWhole(words: string, options: unknown): boolean {
  const values = valuesOf(options);
  return namesIn(words).every((name) => values[name] !== undefined && values[name] !== "");
}

function valuesOf(options: unknown): Readonly<Record<string, unknown>> {
  return typeof options === "object" && options !== null ? (options as Readonly<Record<string, unknown>>) : {};
}

/** The words with the options in it; one that is absent leaves nothing. */
export function targetWith(words: string, options: unknown): string {
  const values = valuesOf(options);
  return words.replaceAll(/\{([^{}]*)\}/g, (_, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    return value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
  });
}
