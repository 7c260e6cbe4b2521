import { createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from "node:crypto";
import { badAnswer, type RotateError, type Secret } from "@rotate/plugin-kit";

/** What the API gives out to encrypt with. */
export interface SealingKey {
  /** GitHub is told which key was used. */
  readonly id: string;
  /** X25519, base64. */
  readonly key: string;
}

/** Of an X25519 key, bytes. */
const keyLength = 32;
const nonceLength = 24;

/** "expand 32-byte k" (cr.yp.to/snuffle/spec.pdf, section 8). */
const sigma = Buffer.from("expand 32-byte k", "latin1");

/**
 * The text as only the owner of the key reads it, base64: libsodium's `crypto_box_seal` (doc.libsodium.org/public-key_cryptography/sealed_boxes).
 * Node has the key agreement; Salsa20, and BLAKE2b of another length than 64 bytes, it lacks. Throws BAD_ANSWER for a key that is none.
 */
export async function sealed(text: Secret, { key }: SealingKey): Promise<string> {
  const theirs = Buffer.from(key, "base64");
  if (theirs.length !== keyLength) throw noKey();
  const ours = generateKeyPairSync("x25519");
  const shared = agreement(ours.privateKey, theirs);
  const shown = raw(ours.publicKey);
  const { hsalsa, xsalsa20poly1305 } = await import("@noble/ciphers/salsa.js");
  const { blake2b } = await import("@noble/hashes/blake2.js");
  const boxKey = new Uint32Array(keyLength / 4);
  hsalsa(words(sigma), words(shared), new Uint32Array(4), boxKey);
  const nonce = blake2b(Buffer.concat([shown, theirs]), { dkLen: nonceLength });
  const box = xsalsa20poly1305(new Uint8Array(boxKey.buffer), nonce).encrypt(Buffer.from(text.reveal(), "utf8"));
  return Buffer.concat([shown, box]).toString("base64");
}

/** Copied, because words have to be aligned. */
function words(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(Uint8Array.from(bytes).buffer);
}

function raw(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: "jwk" }).x ?? "", "base64url");
}

/** X25519 (RFC 7748). OpenSSL refuses a key that would make the agreement known to all, such as one of zeros. */
function agreement(privateKey: KeyObject, theirs: Buffer): Buffer {
  try {
    const jwk = { kty: "OKP", crv: "X25519", x: theirs.toString("base64url") };
    return diffieHellman({ privateKey, publicKey: createPublicKey({ key: jwk, format: "jwk" }) });
  } catch {
    throw noKey();
  }
}

function noKey(): RotateError {
  const hint = "something between may have changed the answer: check baseUrl";
  return badAnswer("what GitHub gave to encrypt with is no public key", hint, { noEffect: true });
}
