/** What a spec may be at most. Ten thousand rotations are about 4 MB. */
export const limits = {
  /** UTF-8 bytes of the file. */
  bytes: 16 * 1024 * 1024,
  /** Collections inside each other. */
  depth: 64,
  /** Values that aliases repeat, counted as if they were written out. */
  repeated: 1_000_000,
  /** Faults that are reported; the rest is counted. */
  faults: 200,
} as const;

const compactNesting = new RegExp(`^ *(?:[-?] +){${limits.depth + 1}}`, "m");

/**
 * True when collections surely nest deeper than `limits.depth`, judged before anything is built from the text.
 * Brackets in quotes and comments make the cheap count wrong on the high side, so it only decides whether the tokens are counted.
 */
export async function nestsTooDeep(text: string): Promise<boolean> {
  if (compactNesting.test(text)) return true;
  if (bracketDepth(text) <= limits.depth) return false;
  return tokenDepth(text);
}

function bracketDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x5b || code === 0x7b) deepest = Math.max(deepest, ++depth);
    else if ((code === 0x5d || code === 0x7d) && depth > 0) depth--;
  }
  return deepest;
}

async function tokenDepth(text: string): Promise<boolean> {
  const { Lexer } = await import("yaml");
  let depth = 0;
  for (const token of new Lexer().lex(text)) {
    if (token === "[" || token === "{") depth++;
    else if (token === "]" || token === "}") depth--;
    if (depth > limits.depth) return true;
  }
  return false;
}
