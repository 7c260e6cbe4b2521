/** A certificate authority for tests, made at run time: nothing to keep, nothing that expires in a repository. */
import { createHash, createPublicKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from "node:crypto";
import { isIP } from "node:net";
import {
  bitString,
  der,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  setOfOne,
  tagged,
  time,
  utf8String,
  yes,
} from "./der.ts";

/** A certificate and its private key, as PEM. */
export interface IssuedCertificate {
  readonly cert: string;
  /** PKCS #8. */
  readonly key: string;
}

/** Whom a certificate is for. */
export interface CertificateRequest {
  /** DNS names (also `*.example.com`) and IP addresses: the subject alternative names. */
  readonly hosts: readonly [string, ...string[]];
  /** Default: an hour before now. */
  readonly notBefore?: Date;
  /** Default: a day after now. In the past makes an expired certificate. */
  readonly notAfter?: Date;
  /** Default `ec` (P-256); `rsa` has 2048 bits. */
  readonly keyType?: "ec" | "rsa";
}

/** Issues certificates under one self-signed root. */
export interface CertificateAuthority {
  /** The root, PEM: what a client is to trust. */
  readonly ca: string;
  /** A certificate for a server or a client, with a fresh key. */
  readonly issue: (request: CertificateRequest) => IssuedCertificate;
}

interface Identity {
  readonly name: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

interface Profile {
  readonly subject: Identity;
  readonly issuer: Identity;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly extensions: readonly Buffer[];
}

const hour = 3_600_000;
const ecdsaWithSha256 = sequence(objectIdentifier("1.2.840.10045.4.3.2"));

/**
 * A new authority (X.509 v3, RFC 5280; ECDSA P-256 with SHA-256).
 * @param name its common name, which shows in error messages
 */
export function createCertificateAuthority(name = "rotate test authority"): CertificateAuthority {
  const issuer = createIdentity(name);
  const root = certificate({ subject: issuer, issuer, ...life({}), extensions: rootExtensions(issuer) });
  return { ca: root, issue: (request) => issue(issuer, request) };
}

function issue(issuer: Identity, request: CertificateRequest): IssuedCertificate {
  const subject = createIdentity(request.hosts[0], request.keyType);
  const extensions = leafExtensions(subject, issuer, request.hosts);
  const cert = certificate({ subject, issuer, ...life(request), extensions });
  return { cert, key: subject.privateKey.export({ type: "pkcs8", format: "pem" }) };
}

function createIdentity(name: string, keyType: CertificateRequest["keyType"] = "ec"): Identity {
  const { privateKey } =
    keyType === "rsa"
      ? generateKeyPairSync("rsa", { modulusLength: 2048 })
      : generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { name, privateKey, publicKey: createPublicKey(privateKey) };
}

function life({ notBefore, notAfter }: Partial<CertificateRequest>): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: notBefore ?? new Date(now - hour), notAfter: notAfter ?? new Date(now + 24 * hour) };
}

/** RFC 5280 §4.1: the part that is signed, the algorithm, the signature. */
function certificate(profile: Profile): string {
  const signed = toBeSigned(profile);
  const signature = sign("sha256", signed, profile.issuer.privateKey);
  return pem(sequence(signed, ecdsaWithSha256, bitString(signature)));
}

function toBeSigned({ subject, issuer, notBefore, notAfter, extensions }: Profile): Buffer {
  return sequence(
    tagged(0, integer(2n)),
    integer(BigInt(`0x01${randomBytes(15).toString("hex")}`)),
    ecdsaWithSha256,
    commonName(issuer.name),
    sequence(time(notBefore), time(notAfter)),
    commonName(subject.name),
    publicKeyInfo(subject),
    tagged(3, sequence(...extensions)),
  );
}

function commonName(name: string): Buffer {
  return sequence(setOfOne(sequence(objectIdentifier("2.5.4.3"), utf8String(name))));
}

function publicKeyInfo({ publicKey }: Identity): Buffer {
  return publicKey.export({ type: "spki", format: "der" });
}

function rootExtensions(issuer: Identity): readonly Buffer[] {
  return [
    critical("2.5.29.19", sequence(yes)),
    critical("2.5.29.15", bitString(Buffer.from([0b0000_0110]), 1)),
    extension("2.5.29.14", octetString(keyIdentifier(issuer))),
  ];
}

function leafExtensions(subject: Identity, issuer: Identity, hosts: readonly string[]): readonly Buffer[] {
  const serverAndClient = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"].map(objectIdentifier);
  return [
    critical("2.5.29.19", sequence()),
    critical("2.5.29.15", bitString(Buffer.from([0b1000_0000]), 7)),
    extension("2.5.29.37", sequence(...serverAndClient)),
    extension("2.5.29.14", octetString(keyIdentifier(subject))),
    extension("2.5.29.35", sequence(implicit(0, keyIdentifier(issuer)))),
    extension("2.5.29.17", sequence(...hosts.map(alternativeName))),
  ];
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(objectIdentifier(id), octetString(value));
}

function critical(id: string, value: Buffer): Buffer {
  return sequence(objectIdentifier(id), yes, octetString(value));
}

function keyIdentifier(identity: Identity): Buffer {
  return createHash("sha1").update(publicKeyInfo(identity)).digest();
}

function alternativeName(host: string): Buffer {
  return isIP(host) === 0 ? der(0x82, Buffer.from(host, "latin1")) : der(0x87, addressBytes(host));
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  const [head = "", tail] = address.split("::");
  const left = groups(head);
  const right = groups(tail ?? "");
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => 0);
  return Buffer.from([...left, ...zeros, ...right].flatMap((group) => [group >> 8, group & 0xff]));
}

function groups(text: string): readonly number[] {
  return text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
