import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCertificateAuthority, type IssuedCertificate } from "./authority.ts";

/** One way to reach a server whose certificate is for `localhost`. */
export interface TlsTrial {
  readonly name: string;
  readonly host: "localhost" | "127.0.0.1";
  readonly tls: "verify-full" | "require";
  /** A PEM file. */
  readonly ca?: string;
  /** What the hint of the refusal names; empty: it is let in. */
  readonly refused: string;
}

/** A certificate, and the ways to take it. */
export interface TlsTrials {
  readonly certificate: IssuedCertificate;
  /** One of the same authority, for another name. */
  readonly stranger: IssuedCertificate;
  readonly trial: (name: TlsTrialName) => TlsTrial;
  readonly close: () => Promise<void>;
}

/** For `test.each`: the ways that take the server for what it is. */
export const trusting = ["its authority", "no check"] as const;
/** For `test.each`: the ways that do not. */
export const refusing = ["another name", "another authority", "nobody's word"] as const;
/** One of them. */
export type TlsTrialName = (typeof trusting)[number] | (typeof refusing)[number];

/** Makes two authorities, one of which has signed the server's certificate. */
export async function startTlsTrials(): Promise<TlsTrials> {
  const [own, other] = [createCertificateAuthority(), createCertificateAuthority("another authority")];
  const directory = await mkdtemp(join(tmpdir(), "rotate-tls-"));
  const files = { own: join(directory, "own.pem"), other: join(directory, "other.pem") };
  await Promise.all([writeFile(files.own, own.ca), writeFile(files.other, other.ca)]);
  const full = { host: "localhost", tls: "verify-full", refused: "" } as const;
  const trials: Readonly<Record<TlsTrialName, Omit<TlsTrial, "name">>> = {
    "its authority": { ...full, ca: files.own },
    "another name": { ...full, host: "127.0.0.1", ca: files.own, refused: "host name" },
    "another authority": { ...full, ca: files.other, refused: "as ca" },
    "nobody's word": { ...full, refused: "as ca" },
    "no check": { host: "127.0.0.1", tls: "require", refused: "" },
  };
  return {
    certificate: own.issue({ hosts: ["localhost"] }),
    stranger: own.issue({ hosts: ["other.internal"] }),
    trial: (name) => ({ name, ...trials[name] }),
    close: () => rm(directory, { recursive: true }),
  };
}
