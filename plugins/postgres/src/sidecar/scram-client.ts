/** Our side of SCRAM towards the server. */
import { randomBytes } from "node:crypto";
import type { Secret } from "@rotate/plugin-kit";
import { attributesOf, hash, hmac, mechanism, saltedPassword, xor } from "./scram.ts";
import { Refusal } from "./wire.ts";

/** A server may ask for as much work as it likes; for no more than this. PostgreSQL's default is 4,096. */
const mostIterations = 100_000;

/** Derived keys, kept for servers that ask the same of the same password: the next login costs no rounds. */
export type Derive = (password: Secret, salt: Buffer, iterations: number) => Promise<Buffer>;

/** One exchange. What the server says goes in, what is to be sent comes out. */
export interface Exchange {
  readonly mechanism: string;
  readonly first: string;
  /** Rejects with a Refusal when the answer is none that we follow. */
  readonly proof: (serverFirst: string) => Promise<string>;
  /** Throws a Refusal when the server cannot show that it knows the password. */
  readonly check: (serverFinal: string) => void;
}

/** Keeps the keys of the last few passwords, by a hash of what they come from. */
export function createDerive(most = 8): Derive {
  const kept = new Map<string, Promise<Buffer>>();
  return (password, salt, iterations) => {
    const id = hash(`${iterations} ${salt.toString("hex")} ${password.reveal()}`).toString("hex");
    const known = kept.get(id);
    if (known !== undefined) return known;
    const key = saltedPassword(password.reveal(), salt, iterations);
    kept.set(id, key);
    key.catch(() => kept.delete(id));
    for (const oldest of [...kept.keys()].slice(0, -most)) kept.delete(oldest);
    return key;
  };
}

/** What an exchange is about. */
export interface ExchangeOptions {
  readonly password: Secret;
  readonly derive: Derive;
  /** `tls-server-end-point` of the connection; undefined when there is none to bind to. */
  readonly binding: Buffer | undefined;
  /** What the server offers. */
  readonly offered: readonly string[];
}

/** Begins an exchange, bound to the TLS connection where both can. Throws a Refusal when the server does not offer SCRAM-SHA-256. */
export function beginExchange({ password, derive, binding, offered }: ExchangeOptions): Exchange {
  const bound = binding !== undefined && offered.includes(`${mechanism}-PLUS`) ? binding : undefined;
  if (bound === undefined && !offered.includes(mechanism)) throw new Refusal(notOffered(offered));
  const header = gs2Header(bound, binding);
  const nonce = randomBytes(18).toString("base64");
  const bare = `n=,r=${nonce}`;
  let signature: Buffer | undefined;

  async function proof(serverFirst: string): Promise<string> {
    const { full, salt, iterations } = readChallenge(serverFirst, nonce);
    const salted = await derive(password, salt, iterations);
    const channel = Buffer.concat([Buffer.from(header), bound ?? Buffer.alloc(0)]).toString("base64");
    const withoutProof = `c=${channel},r=${full}`;
    const all = `${bare},${serverFirst},${withoutProof}`;
    const clientKey = hmac(salted, "Client Key");
    signature = hmac(hmac(salted, "Server Key"), all);
    return `${withoutProof},p=${xor(clientKey, hmac(hash(clientKey), all)).toString("base64")}`;
  }

  function check(serverFinal: string): void {
    const said = attributesOf(serverFinal)?.get("v");
    if (signature === undefined || said !== signature.toString("base64"))
      throw new Refusal({ sqlstate: "28000", message: "the server does not know the password that it asks for" });
  }

  return { mechanism: bound === undefined ? mechanism : `${mechanism}-PLUS`, first: header + bare, proof, check };
}

/** `y`: we could, the server does not offer it, which it checks. */
function gs2Header(bound: Buffer | undefined, binding: Buffer | undefined): string {
  if (bound !== undefined) return "p=tls-server-end-point,,";
  return binding === undefined ? "n,," : "y,,";
}

function readChallenge(text: string, nonce: string): { full: string; salt: Buffer; iterations: number } {
  const attributes = attributesOf(text);
  const full = attributes?.get("r") ?? "";
  const salt = Buffer.from(attributes?.get("s") ?? "", "base64");
  const iterations = /^\d{1,9}$/.test(attributes?.get("i") ?? "") ? Number(attributes?.get("i")) : 0;
  const isOurs = full.startsWith(nonce) && full.length > nonce.length;
  if (attributes?.has("m") !== false || !isOurs || salt.length === 0 || iterations < 1 || iterations > mostIterations)
    throw new Refusal({ sqlstate: "28000", message: "the server's SCRAM challenge is none that rotate follows" });
  return { full, salt, iterations };
}

function notOffered(offered: readonly string[]): { sqlstate: string; message: string } {
  const list = offered.map((name) => name.replaceAll(/[^\w-]/g, "?").slice(0, 40)).slice(0, 5);
  return { sqlstate: "28000", message: `the server offers ${list.join(", ") || "no mechanism"}, not ${mechanism}` };
}
