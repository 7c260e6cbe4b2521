import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isSecret } from "@rotate/plugin-kit";
import { createTestContext, type TestContextOptions, withDefaults } from "@rotate/testkit";
import { onTestFinished } from "vitest";
import { jwt } from "../../src/jwt.ts";

export const issuer = "https://issuer.test";

/** A place for a key in a directory of its own, gone with the running test. */
export async function keyPath(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "rotate-jwt-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return join(directory, "issuer-key.pem");
}

type More = Omit<TestContextOptions<unknown, unknown>, "options" | "schema">;

/** A context with the schema's defaults filled in. */
export function contextFor(options: object, more: More = {}) {
  return createTestContext({ ...more, options: { issuer, ...options }, schema: jwt.options });
}

/** Mints, and reveals the token. */
export async function mint(options: object, request: object = {}, more: More = {}) {
  const ctx = contextFor(options, more);
  const minted = await jwt.mint(withDefaults(jwt.request ?? { type: "object" }, request), ctx);
  const { token, jwks } = minted.fields;
  return { token: isSecret(token) ? token.reveal() : "", jwks: String(jwks), expires: minted.expires, logs: ctx.logs };
}
