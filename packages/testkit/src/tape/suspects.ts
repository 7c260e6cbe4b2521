/** What looks like a secret, whoever knows it. */

/** Shapes that issuers give to secrets, and names of fields that hold them. */
const shapes: readonly RegExp[] = [
  /eyJ[\w-]{10,}\.[\w-]{10,}/, // a JSON Web Token
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/,
  /\bgh[opsur]_\w{20,}/,
  /\bglpat-[\w-]{16,}/,
  /\bxox[abprs]-[\w-]{10,}/,
  /\bhv[bsr]\.[\w-]{20,}/,
  /\bdapi[0-9a-f]{32}/,
  /\bAIza[\w-]{30,}/,
  /\bsk-[\w-]{16,}/,
  /\b(?:Bearer|Basic) [\w+/=.-]{8,}/i,
  /:\/\/[^/\s:@]+:[^/\s@]+@/, // a login in an address
];
const names = /secret|token|passw|passphrase|private|credential|api_?key|access_?key|session|cookie|authorization/i;

/** A long run of letters of both cases, with digits or its cases mixed up: nobody writes that by hand. */
function isRandom(text: string): boolean {
  return (text.match(/[\w+/=-]{24,}/g) ?? []).some(
    (run) => /[a-z]/.test(run) && /[A-Z]/.test(run) && (/\d/.test(run) || isMixedUp(run)) && bitsOf(run) > 3.7,
  );
}

/** Of 32 random letters and digits one in 280 has no digit. A name of many words changes its case less often. */
function isMixedUp(run: string): boolean {
  const changes = run.match(/[a-z](?=[A-Z])|[A-Z](?=[a-z])/g) ?? [];
  return changes.length >= run.length * 0.4;
}

/** Entropy of a character. */
function bitsOf(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce((bits, count) => bits - (count / text.length) * Math.log2(count / text.length), 0);
}

/** Where a text that looks like a secret stands in a value: `/body/auth/token`. What `isHidden` knows is none. */
export function suspectsIn(
  value: unknown,
  isHidden: (text: string) => boolean,
  { path = "", name = "" } = {},
): readonly string[] {
  if (typeof value === "string") {
    if (value === "" || isHidden(value)) return [];
    const isNamed = names.test(name) && value.length >= 6;
    return isNamed || isRandom(value) || shapes.some((shape) => shape.test(value)) ? [path] : [];
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    suspectsIn(item, isHidden, { path: `${path}/${key}`, name: Array.isArray(value) ? name : key }),
  );
}
