/** Words with options in braces. */

/** The options that they name. */
export function namesIn(words: string): readonly string[] {
  return [...words.matchAll(/\{([^{}]*)\}/g)].map(([, name = ""]) => name);
}

/** The words with the options in it; one that is absent leaves nothing. */
export function targetWith(words: string, options: unknown): string {
  const values = (typeof options === "object" && options !== null ? options : {}) as Readonly<Record<string, unknown>>;
  return words.replaceAll(/\{([^{}]*)\}/g, (_, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    return value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
  });
}
