/** SCRAM-SHA-256, what both sides need (RFC 5802, RFC 7677; PostgreSQL's ways: postgresql.org/docs/18/sasl-authentication.html). */
import { createHash, createHmac, pbkdf2 } from "node:crypto";
import { promisify } from "node:util";

/** The name of the mechanism; with `-PLUS` it is bound to the TLS connection. */
export const mechanism = "SCRAM-SHA-256";

/** Bytes of every key. */
export const keySize = 32;

const derive = promisify(pbkdf2);

/** HMAC-SHA-256. */
export function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

/** SHA-256. */
export function hash(bytes: Buffer | string): Buffer {
  return createHash("sha256").update(bytes).digest();
}

/** Two keys of one size, bit by bit. */
export function xor(one: Buffer, other: Buffer): Buffer {
  return Buffer.from(one.map((byte, index) => byte ^ (other[index] ?? 0)));
}

/** `r=…,s=…` by letter; undefined when it is not such a list. A value may hold `=`, never a comma. */
export function attributesOf(text: string): ReadonlyMap<string, string> | undefined {
  const attributes = new Map<string, string>();
  for (const part of text.split(",")) {
    if (part[1] !== "=" || attributes.has(part.slice(0, 1))) return undefined;
    attributes.set(part.slice(0, 1), part.slice(2));
  }
  return attributes;
}

/** The salted password. PostgreSQL's default of 4,096 rounds takes some milliseconds of another thread. */
export function saltedPassword(password: string, salt: Buffer, iterations: number): Promise<Buffer> {
  return derive(prepare(password), salt, iterations, keySize, "sha256");
}

const spaces = /[\u00A0\u1680\u2000-\u200B\u202F\u205F\u3000]/gu;
const nothings = /\u{AD}|\u{34F}|\u{1806}|[\u{180B}-\u{180D}]|\u{2060}|[\u{FE00}-\u{FE0F}]|\u{FEFF}/gu;

/** SASLprep (RFC 4013) as PostgreSQL applies it: a password with what it forbids, such as control characters, is taken as it is. */
export function prepare(password: string): string {
  if (/^[\x20-\x7E]*$/.test(password) || /[\p{Cc}\p{Co}\p{Cs}\p{Cn}]/u.test(password)) return password;
  return password.replace(spaces, " ").replace(nothings, "").normalize("NFKC");
}
