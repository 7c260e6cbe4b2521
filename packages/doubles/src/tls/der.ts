/** Just enough DER (ITU-T X.690) to write an X.509 certificate. Every function returns the encoded bytes, tag and length included. */

/** One value under `tag`, with its length in the shortest form, as DER asks (X.690 §10.1). */
export function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag, ...length(content.length)]), content]);
}

function length(size: number): readonly number[] {
  if (size < 0x80) return [size];
  const bytes = unsignedBytes(BigInt(size));
  return [0x80 | bytes.length, ...bytes];
}

/** SEQUENCE. */
export function sequence(...contents: readonly Uint8Array[]): Buffer {
  return der(0x30, ...contents);
}

/** SET of one value, which spares us the sorting that DER asks of longer ones. */
export function setOfOne(content: Uint8Array): Buffer {
  return der(0x31, content);
}

/** INTEGER, not negative. */
export function integer(value: bigint): Buffer {
  const bytes = unsignedBytes(value);
  return der(0x02, Buffer.from((bytes[0] ?? 0) >= 0x80 ? [0, ...bytes] : bytes));
}

/** BOOLEAN TRUE. */
export const yes: Buffer = der(0x01, Buffer.from([0xff]));

/** BIT STRING. @param unused how many of the last bits do not count, 0 to 7 */
export function bitString(bytes: Uint8Array, unused = 0): Buffer {
  return der(0x03, Buffer.from([unused]), bytes);
}

/** OCTET STRING. */
export function octetString(bytes: Uint8Array): Buffer {
  return der(0x04, bytes);
}

/** UTF8String. */
export function utf8String(text: string): Buffer {
  return der(0x0c, Buffer.from(text, "utf8"));
}

/** OBJECT IDENTIFIER. @param dotted for example `2.5.29.17` */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return der(0x06, Buffer.from([first * 40 + second, ...rest].flatMap(base128)));
}

/** UTCTime until 2049 and GeneralizedTime from 2050, as RFC 5280 §4.1.2.5 asks. */
export function time(instant: Date): Buffer {
  const digits = `${instant.toISOString().slice(0, 19).replaceAll(/[-:T]/g, "")}Z`;
  return instant.getUTCFullYear() < 2050
    ? der(0x17, Buffer.from(digits.slice(2), "latin1"))
    : der(0x18, Buffer.from(digits, "latin1"));
}

/** A context-specific tag around `contents`. @param number the `[n]` of the ASN.1 */
export function tagged(number: number, ...contents: readonly Uint8Array[]): Buffer {
  return der(0xa0 | number, ...contents);
}

/** A context-specific tag in place of the value's own (IMPLICIT). @param number the `[n]` of the ASN.1 */
export function implicit(number: number, content: Uint8Array): Buffer {
  return der(0x80 | number, content);
}

function unsignedBytes(value: bigint): readonly number[] {
  const hex = value.toString(16);
  return [...Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex")];
}

function base128(value: number): readonly number[] {
  const low = value & 0x7f;
  if (value < 0x80) return [low];
  return [...base128(Math.floor(value / 128)).map((byte) => byte | 0x80), low];
}
