import { constants, generateKeyPairSync, verify } from "node:crypto";
import { isRotateError, Secret } from "@rotate/plugin-kit";
import {
  claimsOf,
  clockHint,
  endOfJwt,
  narrowed,
  readSigningKey,
  secured,
  signJwt,
  tokenFault,
} from "@rotate/plugin-kit/tokens";
import fc from "fast-check";
import { expect, test } from "vitest";

const pair = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" });

function faultIn(pem: string): string {
  try {
    readSigningKey(new Secret(pem), "RS256", "the key");
    return "none";
  } catch (error) {
    if (!isRotateError(error) || error.hint === undefined) throw error;
    return `${error.code}: ${error.message}`;
  }
}

test.each([
  ["RS256", constants.RSA_PKCS1_PADDING],
  ["PS256", constants.RSA_PKCS1_PSS_PADDING],
] as const)("a JWT signed by %s is what the public key says", (algorithm, padding) => {
  const jwt = signJwt(
    { algorithm, header: { kid: "k" }, claims: { iss: "me", exp: 7 } },
    readSigningKey(new Secret(pair.privateKey), algorithm, "the key"),
  );
  const [header = "", payload = "", signature = ""] = jwt.split(".");
  expect(JSON.parse(Buffer.from(header, "base64url").toString())).toEqual({ alg: algorithm, typ: "JWT", kid: "k" });
  expect(claimsOf(jwt)).toEqual({ iss: "me", exp: 7 });
  expect(endOfJwt(jwt)).toEqual(new Date(7000));
  const key = { key: pair.publicKey, padding };
  expect(verify("sha256", Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, "base64url"))).toBe(true);
});

test.each(["ES256", "EdDSA"] as const)("a JWT signed by %s is taken by an independent library", async (algorithm) => {
  const { exportJWK, generateKeyPair, jwtVerify } = await import("jose");
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const key = readSigningKey(new Secret(JSON.stringify(await exportJWK(privateKey))), algorithm, "the key");
  const jwt = signJwt({ algorithm, claims: { iss: "me", aud: ["a", "b"], left: undefined } }, key);
  expect((await jwtVerify(jwt, publicKey)).payload).toEqual({ iss: "me", aud: ["a", "b"] });
});

test.each([
  ["cut in the middle", pair.privateKey.slice(0, 700), "is cut off"],
  ["without its last line", pair.privateKey.replace(/-----END.*/s, ""), "is cut off"],
  ["of one line", pair.privateKey.replaceAll("\n", ""), "without its line feeds"],
  ["a public key", pair.publicKey, "is a public key"],
  ["encrypted", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nx\n-----END ENCRYPTED PRIVATE KEY-----\n", "passphrase"],
  ["a path", "/run/secrets/key.pem", "no PEM text"],
  ["a JWK without its private half", '{"kty":"RSA","n":"x","e":"AQAB"}', "holds no private key"],
  ["of another kind", ec, "does not fit RS256"],
  ["altered", pair.privateKey.replace(/\n(.{20})/, "\n********************"), "is damaged"],
])("a key that is %s is refused by what is wrong with it", (_case, pem, fault) => {
  expect(faultIn(pem)).toMatch(new RegExp(`^INVALID: the key .*${fault}`));
});

test("no fault of a key quotes it", () => {
  const lines = pair.privateKey
    .split("\n")
    .slice(1, -2)
    .map((line) => line.slice(0, 12));
  fc.assert(
    fc.property(fc.integer({ min: 0, max: pair.privateKey.length - 30 }), (at) => {
      const message = faultIn(pair.privateKey.slice(0, at));
      for (const line of lines) expect(message).not.toContain(line);
    }),
  );
});

test("anything may be looked at as a JWT", () => {
  fc.assert(fc.property(fc.string(), (text) => void [claimsOf(text), endOfJwt(text)]));
  expect(claimsOf("opaque")).toBeUndefined();
  expect(endOfJwt("a.b.c")).toBeUndefined();
});

test("a token is one word of visible ASCII", () => {
  expect(["", "a\nb", "a b", "é", "ghs_a.b-c"].map(tokenFault)).toEqual([
    "is empty",
    expect.stringContaining("line feed"),
    expect.stringContaining("space"),
    expect.stringContaining("ASCII"),
    undefined,
  ]);
});

test("a secret goes over https, or stays on this machine", () => {
  expect(secured("url", "http://127.0.0.1:8080/x").port).toBe("8080");
  expect(secured("url", "http://vault.localhost/x").hostname).toBe("vault.localhost");
  expect(() => secured("url", "http://example.com")).toThrow("url would get a secret in the clear");
  expect(() => secured("url", "example.com")).toThrow("url is no URL");
});

test("the difference of the clocks is measured where the issuer tells its time", () => {
  const headers = new Headers({ date: "Thu, 01 Jan 2026 00:00:00 GMT" });
  const at = Date.parse("2026-01-01T00:00:00Z");
  expect(clockHint({ headers }, at + 300_000)).toContain("300 s ahead of");
  expect(clockHint({ headers }, at - 300_000)).toContain("300 s behind");
  expect(clockHint({ headers }, at + 1000)).toContain("both clocks agree");
  expect(clockHint({ headers: new Headers() }, at)).toContain("NTP");
});

test("what a server grants less than was asked is named, and nothing when it does not say", () => {
  expect(narrowed("read write admin", "write  read")).toBe("admin");
  expect(narrowed("read", "read write")).toBeUndefined();
  expect([narrowed("read", undefined), narrowed("read", null), narrowed(undefined, "read")]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
