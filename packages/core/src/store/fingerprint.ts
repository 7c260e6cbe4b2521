import { createHmac } from "node:crypto";

/** Tells whether two values are the same without keeping either: HMAC-SHA256 under a key of this state, 32 hex digits, and after them the key's name where it has one. */
export interface Fingerprint {
  /** @param like one that it is compared with: it is made under the key of that one, where the ring has it; default: the key that is written with */
  (text: string, like?: string): string;
  /** Under each key of the ring, the one that is written with first. Absent: there is one key. */
  readonly every?: (text: string) => readonly string[];
}

/** A key, and what tells its fingerprints from those under others. */
export interface NamedKey {
  readonly key: Buffer;
  /** Hex digits; empty: as a state of one machine has it. */
  readonly name: string;
}

const digits = 32;

/** The fingerprint under a given key. */
export function fingerprintWith(key: Buffer): Fingerprint {
  return (text) => under({ key, name: "" }, text);
}

/** The fingerprint under several keys: the first is written with, what was written with any of the others is still known. @param ring asked each time: at least one */
export function fingerprintOver(ring: () => readonly NamedKey[]): Fingerprint {
  return Object.assign(
    (text: string, like?: string) => {
      const made = like === undefined ? [] : ring().filter(({ name }) => name === keyOf(like));
      const prints = (made.length > 0 ? made : ring().slice(0, 1)).map((named) => under(named, text));
      return prints.find((print) => print === like) ?? prints[0]!;
    },
    { every: (text: string) => ring().map((named) => under(named, text)) },
  );
}

/** The name of the key that one was made under. */
export function keyOf(fingerprint: string): string {
  return fingerprint.slice(digits);
}

/** Is it made under a key without a name? */
export function bare(fingerprint: string): boolean {
  return fingerprint.length === digits;
}

function under({ key, name }: NamedKey, text: string): string {
  return `${createHmac("sha256", key).update(text).digest("hex").slice(0, digits)}${name}`;
}

/** What people are shown of a fingerprint. */
export function shortFingerprint(fingerprint: string): string {
  return fingerprint.slice(0, 12);
}
