/** Our side of SCRAM towards the application. */
import { randomBytes, timingSafeEqual } from "node:crypto";
import type { Secret } from "@rotate/plugin-kit";
import { attributesOf, hash, hmac, keySize, mechanism, saltedPassword, xor } from "./scram.ts";
import { Refusal } from "./wire.ts";

/** What is needed to check a password, and not to know it. */
export interface Verifier {
  readonly salt: Buffer;
  readonly iterations: number;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

/** PostgreSQL's default. */
const rounds = 4096;

/** A verifier. */
export async function makeVerifier(password: Secret, salt: Buffer = randomBytes(16)): Promise<Verifier> {
  const salted = await saltedPassword(password.reveal(), salt, rounds);
  const storedKey = hash(hmac(salted, "Client Key"));
  return { salt, iterations: rounds, storedKey, serverKey: hmac(salted, "Server Key") };
}

/** The verifier of the password that there is now: made anew only when it is another. */
export function createVerifiers(): (password: Secret) => Promise<Verifier> {
  let known: { readonly id: string; readonly verifier: Promise<Verifier> } | undefined;
  return (password) => {
    const id = hash(password.reveal()).toString("hex");
    if (known?.id !== id) known = { id, verifier: makeVerifier(password) };
    return known.verifier;
  };
}

/** One exchange: the client's messages go in, ours come out. */
export interface Examination {
  /** The challenge. Throws a Refusal. */
  readonly challenge: (clientFirst: string) => string;
  /** Our proof, when the client's is right; undefined when it is wrong. Throws a Refusal when it is none. */
  readonly judge: (clientFinal: string) => string | undefined;
}

/** Begins an exchange without channel binding: there is no TLS towards the application. */
export function beginExamination({ salt, iterations, storedKey, serverKey }: Verifier): Examination {
  let said: { readonly bare: string; readonly header: string; readonly nonce: string; readonly first: string };

  function challenge(clientFirst: string): string {
    const [, header, bare] = /^([ny],[^,]*,)(n=.*)$/s.exec(clientFirst) ?? [];
    const theirs = attributesOf(bare ?? "")?.get("r");
    if (header === undefined || bare === undefined || theirs === undefined || theirs === "") throw malformed();
    const nonce = theirs + randomBytes(18).toString("base64");
    said = { bare, header, nonce, first: `r=${nonce},s=${salt.toString("base64")},i=${iterations}` };
    return said.first;
  }

  function judge(clientFinal: string): string | undefined {
    const [, withoutProof, proofText] = /^(.*),p=([^,]*)$/s.exec(clientFinal) ?? [];
    const attributes = attributesOf(withoutProof ?? "");
    const proof = Buffer.from(proofText ?? "", "base64");
    const channel = Buffer.from(said.header).toString("base64");
    if (attributes?.get("r") !== said.nonce || attributes.get("c") !== channel) throw malformed();
    if (proof.length !== keySize) throw malformed();
    const all = `${said.bare},${said.first},${withoutProof}`;
    const isRight = timingSafeEqual(hash(xor(proof, hmac(storedKey, all))), storedKey);
    return isRight ? `v=${hmac(serverKey, all).toString("base64")}` : undefined;
  }

  return { challenge, judge };
}

/** What the client has to choose from. */
export const offer: string = mechanism;

function malformed(): Refusal {
  return new Refusal({ sqlstate: "08P01", message: "malformed SCRAM message" });
}
