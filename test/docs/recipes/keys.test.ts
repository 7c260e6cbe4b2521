/** Two keys at once, as the recipe says, in the hands of a real verifier. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalJWKSet, importJWK, jwtVerify, SignJWT, type JSONWebKeySet, type JWK } from "jose";
import { expect, onTestFinished, test } from "vitest";
import { compiled } from "../../support/compiled.ts";
import { root } from "../../support/workspace.ts";
import { blockOf } from "./recipe.ts";

const entry = join(root, "packages/cli/bin/rotate.js");
const page = "recipes/keys-that-overlap.md";

interface Place {
  readonly read: (name: string) => string;
  readonly rotate: (...argv: readonly string[]) => { readonly status: number | null; readonly said: string };
}

function placeWith(spec: string, files: Readonly<Record<string, string>> = {}): Place {
  const folder = mkdtempSync(join(tmpdir(), "rotate-keys-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries({ "rotate.yaml": spec, ...files })) writeFileSync(join(folder, name), text);
  const env = { PATH: process.env["PATH"], HOME: folder, NO_COLOR: "1", NODE_COMPILE_CACHE: compiled };
  return {
    read: (name) => readFileSync(join(folder, name), "utf8"),
    rotate(...argv) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [entry, ...argv], {
        cwd: folder,
        env,
        encoding: "utf8",
      });
      return { status, said: stdout + stderr };
    },
  };
}

test("what was signed with the key before the present one is verified, and with the one before that not", async () => {
  const { read, rotate } = placeWith(blockOf(page, "yaml", "name: keys"), {
    "make-key.mjs": blockOf(page, "js", "generateKeyPairSync"),
  });
  async function sign(): Promise<string> {
    const jwk = JSON.parse((JSON.parse(read("signing.json")) as { readonly private: string }).private) as JWK;
    const token = new SignJWT({ sub: "app" }).setProtectedHeader({ alg: "ES256", kid: jwk.kid! });
    return token.sign(await importJWK(jwk, "ES256"));
  }
  async function isVerified(token: string): Promise<boolean> {
    const keys = createLocalJWKSet(JSON.parse(read("public/jwks.json")) as JSONWebKeySet);
    return jwtVerify(token, keys).then(
      () => true,
      () => false,
    );
  }
  expect(rotate("run")).toMatchObject({ status: 0 });
  const first = await sign();
  expect(await isVerified(first)).toBe(true);
  expect(rotate("run", "--force")).toMatchObject({ status: 0, said: expect.not.stringContaining("nobody") as string });
  const second = await sign();
  expect([await isVerified(first), await isVerified(second)]).toEqual([true, true]);
  expect(rotate("run", "--force")).toMatchObject({ status: 0 });
  expect([await isVerified(first), await isVerified(second), await isVerified(await sign())]).toEqual([
    false,
    true,
    true,
  ]);
});

test("both secrets of an HMAC stand in one line, also when each rotation is a process of its own", async () => {
  const { read, rotate } = placeWith(blockOf(page, "yaml", "name: cookies"));
  const keys = (): readonly string[] => /^COOKIE_KEYS=(.*)$/m.exec(read(".env"))?.[1]?.split(",") ?? [];
  rotate("run");
  const [only = "", ...none] = keys();
  expect(none).toEqual([]);
  const cookie = await new SignJWT({ user: "u1" })
    .setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(only));
  expect(rotate("run", "--force")).toMatchObject({ status: 0 });
  const pair = keys();
  expect(pair).toEqual([expect.not.stringContaining(only), only]);
  await expect(jwtVerify(cookie, new TextEncoder().encode(pair[1]))).resolves.toMatchObject({
    payload: { user: "u1" },
  });
  rotate("run", "--force");
  expect(keys()).toEqual([expect.any(String), pair[0]]);
});

test("a spec that could not write its first credential is refused before anything is minted", () => {
  const spec = blockOf(page, "yaml", "name: cookies").replace(/\{% if.*endif %\}/, ",{{ previous.token }}");
  const { rotate } = placeWith(spec);
  const { status, said } = rotate("validate");
  expect(status).toBe(2);
  expect(said).toContain("cannot be rendered without `previous`");
  expect(said).toContain("{% if previous %}");
});

test("without sink or cache that has the earlier one, the next goes out alone, with a warning", () => {
  const { read, rotate } = placeWith(blockOf(page, "yaml", "name: cookies").replace("    cache: true\n", ""));
  rotate("run");
  expect(rotate("run", "--force").said).toContain("nobody here knows its values");
  expect(read(".env")).toMatch(/^COOKIE_KEYS=[0-9a-f]{64}$/m);
});
