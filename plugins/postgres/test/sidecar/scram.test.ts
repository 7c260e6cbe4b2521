import { createHash, X509Certificate } from "node:crypto";
import { Secret } from "@rotate/plugin-kit";
import { createCertificateAuthority } from "@rotate/doubles";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { serverEndPoint } from "../../src/sidecar/channel-binding.ts";
import { attributesOf, hash, hmac, prepare, saltedPassword, xor } from "../../src/sidecar/scram.ts";
import { beginExchange, createDerive } from "../../src/sidecar/scram-client.ts";
import { beginExamination, makeVerifier, type Verifier } from "../../src/sidecar/scram-server.ts";
import { Refusal } from "../../src/sidecar/wire.ts";

const offered = ["SCRAM-SHA-256"];

test("computes what RFC 7677 computes", async () => {
  const salted = await saltedPassword("pencil", Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64"), 4096);
  const nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
  const all = `n=user,r=rOprNGfwEbeRWgbNEkqO,r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=${nonce}`;
  const clientKey = hmac(salted, "Client Key");
  const proof = xor(clientKey, hmac(hash(clientKey), all)).toString("base64");
  expect(proof).toBe("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  expect(hmac(hmac(salted, "Server Key"), all).toString("base64")).toBe("6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
});

async function meet(password: string, verifier: Verifier, derive = createDerive()): Promise<string | undefined> {
  const client = beginExchange({ password: new Secret(password), derive, binding: undefined, offered });
  const server = beginExamination(verifier);
  const proof = server.judge(await client.proof(server.challenge(client.first)));
  if (proof !== undefined) client.check(proof);
  return proof;
}

test("both our sides agree on a password, and only on the right one", async () => {
  const verifier = await makeVerifier(new Secret("correct horse, battery=staple"));
  await expect(meet("correct horse, battery=staple", verifier)).resolves.toMatch(/^v=/);
  await expect(meet("correct horse", verifier)).resolves.toBeUndefined();
});

test("the rounds are done once for one password and salt", async () => {
  const derive = createDerive();
  const [salt, password] = [Buffer.from("salt"), new Secret("p")];
  expect(derive(password, salt, 4096)).toBe(derive(new Secret("p"), salt, 4096));
  expect(derive(password, salt, 4096)).not.toBe(derive(new Secret("q"), salt, 4096));
});

test.each([
  ["a nonce that is not an extension of ours", "r=other,s=c2FsdA==,i=4096"],
  ["more rounds than we do", "r=NONCEx,s=c2FsdA==,i=100001"],
  ["no rounds", "r=NONCEx,s=c2FsdA==,i=0"],
  ["rounds that are no number", "r=NONCEx,s=c2FsdA==,i=1e3"],
  ["no salt", "r=NONCEx,s=,i=4096"],
  ["an extension that must be understood", "m=x,r=NONCEx,s=c2FsdA==,i=4096"],
  ["our own nonce", "r=NONCE,s=c2FsdA==,i=4096"],
])("a server's challenge with %s is refused", async (_, text) => {
  const client = beginExchange({ password: new Secret("p"), derive: createDerive(), binding: undefined, offered });
  const nonce = attributesOf(client.first.slice(3))?.get("r") ?? "";
  await expect(client.proof(text.replace("NONCE", nonce))).rejects.toThrow(Refusal);
});

test("a server that does not know the password is found out", async () => {
  const client = beginExchange({ password: new Secret("p"), derive: createDerive(), binding: undefined, offered });
  const nonce = attributesOf(client.first.slice(3))?.get("r") ?? "";
  await client.proof(`r=${nonce}x,s=c2FsdA==,i=4096`);
  expect(() => client.check(`v=${Buffer.alloc(32).toString("base64")}`)).toThrow("does not know the password");
  expect(() => client.check("e=other-error")).toThrow(Refusal);
});

test("it is bound to the TLS connection where the server can, and says so where only we can", () => {
  const binding = Buffer.from("certificate");
  const parts = { password: new Secret("p"), derive: createDerive() };
  const plus = beginExchange({ ...parts, binding, offered: ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"] });
  expect([plus.mechanism, plus.first.slice(0, 24)]).toEqual(["SCRAM-SHA-256-PLUS", "p=tls-server-end-point,,"]);
  expect(beginExchange({ ...parts, binding, offered }).first).toMatch(/^y,,/);
  expect(() => beginExchange({ ...parts, binding, offered: ["OAUTHBEARER"] })).toThrow("offers OAUTHBEARER");
});

function outcome(verifier: Verifier, first: string, last: string): string {
  const server = beginExamination(verifier);
  try {
    server.challenge(first);
    return server.judge(last) ?? "wrong";
  } catch (error) {
    return error instanceof Refusal ? "refused" : String(error);
  }
}

test("no bytes of an application bring the examination down", async () => {
  const verifier = await makeVerifier(new Secret("p"));
  const pieces = fc.constantFrom("n,,", "y,,", "p=x,,", "n=", "r=", "c=biws", ",", "p=", "=", "abc", "ü");
  fc.assert(
    fc.property(fc.array(pieces), fc.array(pieces), (first, last) => {
      expect(outcome(verifier, first.join(""), last.join(""))).toMatch(/^(refused|wrong)$/);
    }),
  );
});

test("passwords are prepared as PostgreSQL prepares them", () => {
  expect(prepare("I\u00ADX")).toBe("IX");
  expect(prepare("\u2168")).toBe("IX");
  expect(prepare("a\u00A0b")).toBe("a b");
  // Forbidden characters: taken as it is.
  expect(prepare("\u2168\u0007")).toBe("\u2168\u0007");
});

test.each(["ec", "rsa"] as const)("the end point of a certificate (%s) is its hash", (keyType) => {
  const { cert } = createCertificateAuthority().issue({ hosts: ["localhost"], keyType });
  const { raw } = new X509Certificate(cert);
  expect(serverEndPoint(raw)).toEqual(createHash("sha256").update(raw).digest());
});

test("what is no certificate has no end point", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(serverEndPoint(Buffer.from(bytes))).toBeUndefined();
    }),
  );
});
