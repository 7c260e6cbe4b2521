import { createHash, randomUUID, X509Certificate } from "node:crypto";
import { invalid, type Secret } from "@rotate/plugin-kit";
import { readSigningKey, signJwt } from "@rotate/plugin-kit/tokens";

/** What a client assertion is made of. */
export interface CertificateParts {
  readonly clientId: string;
  /** The token endpoint. */
  readonly audience: string;
  /** PEM. */
  readonly certificate: string;
  readonly key: Secret;
}

/** Seconds that an assertion lives: for its one use. */
const life = 300;

/**
 * The JWT by which an application shows that it has a certificate's key (learn.microsoft.com, "Microsoft identity platform application authentication
 * certificate credentials"). `now` in ms since 1970. Throws INVALID for texts that are no certificate or key, a pair that does not fit, or one that is over.
 */
export function certificateAssertion({ clientId, audience, certificate, key }: CertificateParts, now: number): string {
  const x509 = parse(certificate);
  const rsa = readSigningKey(key, "PS256", "auth.key");
  if (!x509.checkPrivateKey(rsa))
    throw invalid("auth.key is not the key of auth.certificate", "give the two of one pair");
  if (Date.parse(x509.validTo) <= now) {
    throw invalid(`the certificate ended on ${x509.validTo}`, "add a new one to the app registration");
  }
  const seconds = Math.floor(now / 1000);
  const thumbprint = createHash("sha256").update(x509.raw).digest("base64url");
  const who = { iss: clientId, sub: clientId, aud: audience, jti: randomUUID() };
  const claims = { ...who, nbf: seconds, iat: seconds, exp: seconds + life };
  return signJwt({ algorithm: "PS256", header: { "x5t#S256": thumbprint }, claims }, rsa);
}

function parse(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw invalid("auth.certificate is no certificate", "write certificate: { file: PATH } to have a PEM file read");
  }
}
