/** `tls-server-end-point` (RFC 5929 §4.1): a hash of the server's certificate, by the hash of its signature. */
import { createHash } from "node:crypto";

/** By the signature algorithm's object identifier, in hex: RSA (RFC 8017), ECDSA (RFC 5758). MD5 and SHA-1 count as SHA-256. */
const hashes: Readonly<Record<string, string>> = {
  "2a864886f70d010104": "sha256",
  "2a864886f70d010105": "sha256",
  "2a864886f70d01010b": "sha256",
  "2a864886f70d01010c": "sha384",
  "2a864886f70d01010d": "sha512",
  "2a8648ce3d0401": "sha256",
  "2a8648ce3d040302": "sha256",
  "2a8648ce3d040303": "sha384",
  "2a8648ce3d040304": "sha512",
};

/** @param certificate DER. undefined: the RFC knows no hash for its signature (EdDSA), or we do not (RSA-PSS): no binding then. */
export function serverEndPoint(certificate: Buffer): Buffer | undefined {
  const outer = valueAt(certificate, 0);
  const signed = outer && valueAt(certificate, outer.start);
  const algorithm = signed && valueAt(certificate, signed.end);
  const identifier = algorithm && valueAt(certificate, algorithm.start);
  if (identifier === undefined) return undefined;
  const name = hashes[certificate.toString("hex", identifier.start, identifier.end)];
  return name === undefined ? undefined : createHash(name).update(certificate).digest();
}

/** Where the content of the DER value at `at` is (X.690 §8.1); undefined when it is not there. */
function valueAt(der: Buffer, at: number): { readonly start: number; readonly end: number } | undefined {
  const first = der[at + 1];
  if (first === undefined) return undefined;
  const more = first < 0x80 ? 0 : first & 0x7f;
  const start = at + 2 + more;
  if (more > 4 || start > der.length) return undefined;
  const size = more === 0 ? first : der.readUIntBE(at + 2, more);
  return start + size > der.length ? undefined : { start, end: start + size };
}
