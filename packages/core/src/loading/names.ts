/** The names of providers, reloads, rotations and specs. */
export const namePattern = "^[a-z0-9][a-z0-9._-]{0,62}$";

/** What a name may be, for messages; `namePattern` is the same for a machine. */
export const nameRule =
  "lower-case letters, digits, dots, dashes and underscores, up to 63, beginning with a letter or digit";

const name = new RegExp(namePattern);

/** True for text that may name a provider, reload, rotation or spec. */
export function isName(text: string): boolean {
  return name.test(text);
}

/** The nearest legal name to any text, up to `length` characters; `spec` when nothing is left of it. */
export function toName(text: string, length: number): string {
  const kept = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, "-")
    .replace(/^[._-]+/, "")
    .slice(0, length);
  return kept === "" ? "spec" : kept;
}
