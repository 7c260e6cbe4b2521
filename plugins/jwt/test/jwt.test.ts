import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Log } from "@rotate/plugin-kit";
import { createFakeClock, createTestContext, envRef, secretRef } from "@rotate/testkit";
import { calculateJwkThumbprint, createLocalJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { describe, expect, test, vi } from "vitest";
import { jwt } from "../src/jwt.ts";
import { readKeyFile } from "../src/key-file.ts";
import { contextFor, issuer, keyPath, mint } from "./support/mint.ts";

const run = promisify(execFile);

function verify(token: string, jwks: string, options: object = {}) {
  return jwtVerify(token, createLocalJWKSet(JSON.parse(jwks)), { issuer, ...options });
}

function check(options: object) {
  return jwt.check?.({ ...contextFor(options, { env: {} }), login: undefined });
}

test("rotations that share a new key file do not take each other's key, half-way there, for a fault", async () => {
  for (let round = 0; round < 40; round++) {
    const options = { key: { path: await keyPath() } };
    const checks = Array.from({ length: 6 }, async (_, turn) => {
      for (let wait = 0; wait < turn; wait++) await new Promise(setImmediate);
      for (let again = 0; again < 4; again++) await check(options);
    });
    const ended = await Promise.allSettled([mint(options), mint(options), ...checks]);
    expect(ended.filter(({ status }) => status === "rejected")).toEqual([]);
  }
});

describe("a minted token", () => {
  test.each(["ES256", "RS256", "EdDSA"])("is verified by its key set, signed with %s", async (algorithm) => {
    const { token, jwks } = await mint(
      { algorithm, key: { path: await keyPath() } },
      { subject: "app", audience: ["api"] },
    );
    const { payload, protectedHeader } = await verify(token, jwks, { audience: "api", subject: "app" });
    expect(protectedHeader).toMatchObject({ alg: algorithm, typ: "JWT", kid: JSON.parse(jwks).keys[0].kid });
    expect(payload).toMatchObject({ iss: issuer, sub: "app", aud: "api", jti: "rotate-test-000000000001" });
  });

  test("lives as long as was asked for, in whole seconds rounded up", async () => {
    const clock = createFakeClock({ start: Date.parse("2026-01-01T00:00:00.250Z") });
    const { token, expires } = await mint({ key: { path: await keyPath() } }, { ttl: 1500 }, { clock });
    expect(expires).toEqual(new Date("2026-01-01T00:00:02Z"));
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    expect(claims).toMatchObject({ exp: 1_767_225_602, iat: 1_767_225_600 });
  });

  test.each(["ES256", "RS256", "EdDSA"])(
    "names a key by the thumbprint that others give it (%s)",
    async (algorithm) => {
      const { jwks } = await mint({ key: { path: await keyPath() }, algorithm });
      const [key] = JSON.parse(jwks).keys;
      expect(key.kid).toBe(await calculateJwkThumbprint(key));
    },
  );

  test("carries further claims, several audiences, and the key id of the spec", async () => {
    const request = {
      audience: ["a", "b"],
      claims: { role: "app_user" },
      claimsJson: '{"roles": ["x"], "level": 3, "admin": false}',
    };
    const { token, jwks } = await mint({ key: { path: await keyPath() }, kid: "2026" }, request);
    const { payload } = await verify(token, jwks);
    expect(payload).toMatchObject({ aud: ["a", "b"], role: "app_user", level: 3, admin: false, roles: ["x"] });
    expect(decodeProtectedHeader(token).kid).toBe("2026");
  });

  test("never lets the request set what the issuer vouches for", async () => {
    const key = { path: await keyPath() };
    await expect(mint({ key }, { claims: { exp: "9999999999" } })).rejects.toMatchObject({ code: "INVALID" });
    await expect(mint({ key }, { claimsJson: '{"iss": "https://other"}' })).rejects.toMatchObject({ code: "INVALID" });
    await expect(mint({ key }, { claims: { role: "a" }, claimsJson: '{"role": "b"}' })).rejects.toThrow("given twice");
    await expect(mint({ key }, { claimsJson: "[1]" })).rejects.toMatchObject({ code: "INVALID" });
  });
});

describe("a key file", () => {
  test("is generated 0600 at the first mint, with a warning, and kept ever after", async () => {
    const path = await keyPath();
    const first = await mint({ key: { path } });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(first.logs).toMatchObject([
      { level: "warn", message: expect.stringContaining("deleting it changes the issuer") },
    ]);
    const second = await mint({ key: { path } });
    expect(second.jwks).toBe(first.jwks);
    expect(second.logs).toEqual([]);
    expect(await readdir(dirname(path))).toEqual(["issuer-key.pem"]);
  });

  test("never appears in the key set or the log", async () => {
    const path = await keyPath();
    const { jwks, logs } = await mint({ key: { path } });
    expect(JSON.parse(jwks).keys[0]).not.toHaveProperty("d");
    const body = (await readFile(path, "utf8")).split("\n")[1] ?? "";
    expect(JSON.stringify(logs)).not.toContain(body);
  });

  test("is one and the same for processes that generate it at the same moment", async () => {
    const path = await keyPath();
    const script = join(import.meta.dirname, "support/mint-once.ts");
    const args = ["--conditions=rotate:src", "--disable-warning=ExperimentalWarning", script, path];
    const printed = await Promise.all([1, 2, 3, 4].map(() => run(process.execPath, args)));
    const { jwks } = await mint({ key: { path } });
    expect(new Set(printed.map(({ stdout }) => stdout))).toEqual(new Set([jwks]));
    expect(await readdir(dirname(path))).toEqual(["issuer-key.pem"]);
  });

  test("is one and the same for rotations that mint at the same moment", async () => {
    const path = await keyPath();
    const minted = await Promise.all([1, 2, 3, 4, 5].map(() => mint({ key: { path } })));
    expect(new Set(minted.map(({ jwks }) => jwks)).size).toBe(1);
  });

  test("may be a link, as secrets are mounted, and is warned of when everybody can read it", async () => {
    const path = await keyPath();
    const { jwks } = await mint({ key: { path } });
    await symlink(path, `${path}.link`);
    await chmod(path, 0o644);
    const linked = await mint({ key: { path: `${path}.link` } });
    expect(linked.jwks).toBe(jwks);
    expect(linked.logs).toMatchObject([{ level: "warn", message: expect.stringContaining("everybody") }]);
  });

  test("that everybody can read is warned of once, not at each mint", async () => {
    const path = await keyPath();
    await mint({ key: { path } });
    await chmod(path, 0o644);
    const warn = vi.fn<Log["warn"]>();
    const log: Log = { debug: vi.fn<Log["debug"]>(), info: vi.fn<Log["info"]>(), warn };
    const context = { ...createTestContext(), log };
    await readKeyFile(path, context);
    await readKeyFile(path, context);
    expect(warn).toHaveBeenCalledOnce();
  });

  test("is never replaced when it is damaged, empty or of another algorithm", async () => {
    const path = await keyPath();
    for (const content of ["", "-----BEGIN PRIVATE KEY-----\ns3cret-bytes\n"]) {
      await writeFile(path, content);
      const error: unknown = await mint({ key: { path } }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "INVALID", retryable: false });
      expect(String(error)).not.toContain("s3cret");
      expect(await readFile(path, "utf8")).toBe(content);
    }
    const other = await keyPath();
    await mint({ key: { path: other }, algorithm: "EdDSA" });
    await expect(mint({ key: { path: other } })).rejects.toThrow("does not fit ES256");
  });

  test("whose directory is missing, or that is a directory, is an error that says so", async () => {
    const path = await keyPath();
    await expect(mint({ key: { path: join(path, "deep/key.pem") } })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await mkdir(path);
    await expect(mint({ key: { path } })).rejects.toMatchObject({ code: "INVALID" });
  });
});

describe("a key by reference", () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });

  test.each([
    ["PKCS#8", privateKey.export({ type: "pkcs8", format: "pem" })],
    ["SEC1", privateKey.export({ type: "sec1", format: "pem" })],
    ["JWK", JSON.stringify(privateKey.export({ format: "jwk" }))],
  ])("is taken as %s", async (_form, text) => {
    const { token, jwks } = await mint({ key: { value: secretRef(text) } });
    await expect(verify(token, jwks)).resolves.toBeDefined();
  });

  test("that is no private key, or too short, is refused without showing it", async () => {
    const error: unknown = await mint({ key: { value: secretRef('{"kty": "EC", "d": "s3cret"') } }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: "INVALID" });
    expect(String(error)).not.toContain("s3cret");
    const weak = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey.export({
      type: "pkcs8",
      format: "pem",
    });
    await expect(mint({ algorithm: "RS256", key: { value: secretRef(weak) } })).rejects.toThrow("does not fit RS256");
  });

  test("and a path exclude each other, and one is needed", async () => {
    await expect(mint({ key: {} })).rejects.toMatchObject({ code: "INVALID" });
    await expect(mint({ key: { path: await keyPath(), value: secretRef("x") } })).rejects.toMatchObject({
      code: "INVALID",
    });
  });
});

describe("the public key set", () => {
  test("is written for everybody to read, when the spec asks for it", async () => {
    const path = await keyPath();
    const jwksPath = join(dirname(path), "jwks.json");
    const { token, jwks } = await mint({ key: { path }, jwksPath });
    const published = await readFile(jwksPath, "utf8");
    expect(published).toBe(`${jwks}\n`);
    expect((await stat(jwksPath)).mode & 0o777).toBe(0o644);
    await expect(verify(token, published)).resolves.toBeDefined();
  });

  test("is not written again while it is the same", async () => {
    const path = await keyPath();
    const jwksPath = join(dirname(path), "jwks.json");
    await mint({ key: { path }, jwksPath });
    const before = (await stat(jwksPath)).ino;
    await mint({ key: { path }, jwksPath });
    expect((await stat(jwksPath)).ino).toBe(before);
  });
});

describe("the check before a mint", () => {
  test("passes for a key that is still to be generated, and generates nothing", async () => {
    const path = await keyPath();
    await check({ key: { path } });
    expect(await readdir(dirname(path))).toEqual([]);
  });

  test("finds a missing directory, a missing reference and a bad key", async () => {
    const path = await keyPath();
    await expect(check({ key: { path: join(path, "key.pem") } })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(check({ key: { value: envRef("NO_SUCH") } })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await writeFile(path, "no key");
    await expect(check({ key: { path } })).rejects.toMatchObject({ code: "INVALID" });
  });
});

test("claims that cannot be are found before a token is signed, and before a key is made", async () => {
  const path = await keyPath();
  const ctx = contextFor({ key: { path } });
  const asked = { claimsJson: "{", ttl: 60_000 };
  await expect(jwt.check?.(ctx, asked)).rejects.toMatchObject({ code: "INVALID" });
  expect(existsSync(path)).toBe(false);
});

test("a token that was never handed out lives nowhere; a key in a file is of this machine, and no sink may write it", () => {
  const scope = typeof jwt.scope === "function" ? jwt.scope : () => "";
  const byFile = { issuer, key: { path: "/var/lib/rotate/key.pem" } };
  const byReference = { issuer, key: { value: "{ env: KEY }" } };
  expect(jwt.ghosts).toBe(false);
  expect([scope(byFile), scope(byReference)]).toEqual(["host", "anywhere"]);
  expect(jwt.reads?.(byFile, {})).toEqual([{ path: "/var/lib/rotate/key.pem" }]);
  expect(jwt.reads?.(byReference, {})).toEqual([]);
});
